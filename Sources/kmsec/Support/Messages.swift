import KMSecurity

/// What is told beside the output, on standard error, with card numbers masked: messages quote arguments and file names,
/// where they stand by mistake.
enum Messages {
    static func error(_ text: String) { write("kmsec: error: \(text)\n") }
    /// Many at once, in one piece.
    static func errors(_ texts: [String]) { write(texts.map { "kmsec: error: \($0)\n" }.joined()) }
    static func warning(_ text: String) { write("kmsec: warning: \(text)\n") }
    static func note(_ text: String) { write("kmsec: \(text)\n") }
    static func hint(_ text: String) { write("kmsec: hint: \(text)\n") }

    private static func write(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Terminal.printable(String($0)) }
        // A message that cannot be written has nowhere else to go.
        _ = Descriptor.standardError.write(Array(MessageMasking.apply(to: lines.joined(separator: "\n")).utf8).span)
    }
}
