/// Text as one word of a POSIX shell's command line.
enum ShellWord {
    /// Text in single quotes, in which a shell gives no character but the quote a meaning.
    static func quoted(_ text: String) -> String {
        // Byte by byte: a quote with a combining mark behind it is another Character, and to the shell still a quote.
        var word = [UInt8(ascii: "'")]
        for byte in text.utf8 {
            if byte == UInt8(ascii: "'") { word += #"'\''"#.utf8 } else { word.append(byte) }
        }
        word.append(UInt8(ascii: "'"))
        return String(decoding: word, as: UTF8.self)
    }

    /// Whether every way into a shell, pasting at a terminal among them, leaves the text as it is.
    ///
    /// A terminal acts on control characters before the shell sees them. Line feeds stay.
    static func canHold(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control }
    }
}
