internal import Foundation
internal import KMSecurity

#if canImport(Glibc)
internal import Glibc
#endif

/// Formats text for people and shows progress.
package enum Terminal {
    /// Whether standard output is a terminal that shows colour and NO_COLOR is not set (https://no-color.org).
    package static var showsColor: Bool {
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
            && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// Shows a progress line, which replaces the previous one; nil clears it.
    ///
    /// Nothing is written if standard error is not a terminal.
    package static func progress(_ text: String?) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        let shown = MessageMasking.apply(to: text ?? "")
        _ = Descriptor.standardError.write(Array("\r\u{1B}[K\(shown)".utf8).span)
    }

    /// Returns text from outside with U+FFFD in place of control characters and characters that reorder or hide text.
    ///
    /// These are the categories Cc, Cf, Zl and Zp: escape sequences, bidirectional controls, zero-width characters and
    /// line separators.
    package static func printable(_ text: String) -> String {
        // Most texts are printable ASCII.
        guard !text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isPrintable ? $0 : "\u{FFFD}" }))
    }

    /// Pads text with spaces to `width` columns, with at least one space at the end.
    package static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    /// Shortens a long text to its beginning, its end and its size in bytes.
    package static func shortened(_ text: String, to width: Int = 96) -> String {
        guard text.utf8.count > width else { return text }
        return "\(text.prefix(width - 32))…\(text.suffix(12))  (\(text.utf8.count) bytes)"
    }
}

extension Unicode.Scalar {
    fileprivate var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
