/// Text as one word of a POSIX shell's command line.
enum ShellWord {
    /// Text in single quotes, in which a shell gives no character but the quote a meaning.
    static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }

    /// Whether every way into a shell, pasting at a terminal among them, leaves the text as it is.
    ///
    /// A terminal acts on control characters before the shell sees them. Line feeds stay.
    static func canHold(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control }
    }
}
