import KMSecurity

/// What is told beside the output, on standard error, with card numbers masked: messages quote arguments and file names,
/// where they stand by mistake.
enum Messages {
    static func error(_ text: String) { write(["error: \(text)"]) }
    /// Many at once, in one piece.
    static func errors(_ texts: [String]) { write(texts.map { "error: \($0)" }) }
    static func warning(_ text: String) { write(["warning: \(text)"]) }
    static func note(_ text: String) { write([text]) }
    static func hint(_ text: String) { write(["hint: \(text)"]) }

    /// Writes a line for each text: a line feed in a file's name does not begin another.
    private static func write(_ texts: [String]) {
        let lines = texts.map { "kmsec: \(MessageMasking.apply(to: Terminal.printable($0)))\n" }
        // A message that cannot be written has nowhere else to go.
        _ = Descriptor.standardError.write(Array(lines.joined().utf8).span)
    }
}
