/// Quotes text as one word of a POSIX shell command.
package enum ShellWord {
    /// Returns the text in single quotes, where only the single quote has a meaning for a shell.
    package static func quoted(_ text: String) -> String {
        // Byte by byte: a quote with a combining mark after it is a different Character, but still a quote for the
        // shell.
        var word = [UInt8(ascii: "'")]
        for byte in text.utf8 {
            if byte == UInt8(ascii: "'") { word += #"'\''"#.utf8 } else { word.append(byte) }
        }
        word.append(UInt8(ascii: "'"))
        return String(decoding: word, as: UTF8.self)
    }

    /// Returns the text in single quotes if a shell would change it, and otherwise as it is.
    package static func word(_ text: String) -> String {
        text.wholeMatch(of: #/[A-Za-z0-9_./][A-Za-z0-9_./-]*/#) == nil ? quoted(text) : text
    }

    /// Returns whether the text reaches a shell unchanged, even if it is pasted into a terminal.
    ///
    /// A terminal acts on control characters before the shell sees them. Line feeds are allowed.
    package static func canHold(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control }
    }
}
