internal import KMSecurity

/// Writes messages to standard error, with card numbers masked.
///
/// Messages quote arguments and file names, which may contain card numbers by mistake.
package enum Messages {
    package static func error(_ text: String) { write(["error: \(text)"]) }
    /// Writes several errors with one write.
    package static func errors(_ texts: [String]) { write(texts.map { "error: \($0)" }) }
    package static func warning(_ text: String) { write(["warning: \(text)"]) }
    package static func note(_ text: String) { write([text]) }
    package static func hint(_ text: String) { write(["hint: \(text)"]) }

    /// Writes each text as exactly one line, even if it quotes a file name with a line feed.
    private static func write(_ texts: [String]) {
        let lines = texts.map { "\(Tool.name): \(MessageMasking.apply(to: Terminal.printable($0)))\n" }
        // If a message cannot be written, there is no other place to report it.
        _ = Descriptor.standardError.write(Array(lines.joined().utf8).span)
    }
}
