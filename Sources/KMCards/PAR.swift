internal import KMPrimitives

/// A payment account reference: what stands for a card's PAN, and does not lead back to it.
///
/// 27 characters on the platform, 29 in EMVCo's general form: a prefix of two or four that names who gave it out, and 25
/// more; all of them ASCII digits and upper-case letters. It may be stored, sent and logged. It holds 32 bytes, none of them
/// on the heap.
public struct PAR: Sendable {
    /// How a PAR is laid out.
    public enum Format: Int, Sendable, Hashable, CaseIterable {
        /// The platform's: 27 characters, of which 2 are the prefix.
        case platform = 27
        /// EMVCo's: 29 characters, of which 4 are the prefix, the BIN controller identifier.
        case emvco = 29

        /// How many characters a PAR of this format has.
        public var characterCount: Int { rawValue }

        /// How many of them are the prefix: 2 or 4.
        public var prefixCharacterCount: Int { rawValue - PAR.referenceCharacterCount }
    }

    /// How many characters stand behind the prefix: 25.
    public static let referenceCharacterCount = 25

    /// Which of the two it is.
    public let format: Format
    /// The characters in ASCII; zero behind the last one.
    private let characters: InlineArray<29, UInt8>

    /// Checks and takes a PAR of either format.
    ///
    /// - Parameters:
    ///   - text: 27 or 29 ASCII digits and upper-case letters.
    ///   - format: which one is due; nil for either.
    /// - Throws: ``KMError`` `parMalformed`.
    public init(_ text: String, format: Format? = nil) throws {
        let bytes = Array(text.utf8)
        guard let found = Format(rawValue: bytes.count), format == nil || format == found else {
            let due = format.map { "\($0.rawValue)" } ?? "27 or 29"
            throw KMError(.parMalformed, "\(counted(bytes.count, "character")); \(due) are due")
        }
        guard let wrong = bytes.firstIndex(where: { !$0.isPARCharacter }) else {
            self.init(format: found, characters: InlineArray { $0 < bytes.count ? bytes[$0] : 0 })
            return
        }
        throw KMError(.parMalformed, "character \(wrong + 1) is no digit and no upper-case letter of ASCII")
    }

    init(format: Format, characters: InlineArray<29, UInt8>) {
        self.format = format
        self.characters = characters
    }

    /// The prefix.
    public var prefix: Prefix {
        Prefix(format: format, characters: InlineArray { $0 < format.prefixCharacterCount ? characters[$0] : 0 })
    }

    /// Calls `body` with the 27 or 29 ASCII characters.
    public func withCharacters<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
        try body(characters.span.extracting(first: format.characterCount))
    }

    /// Its text, 27 or 29 characters.
    public var text: String { withCharacters(String.init(ascii:)) }
}

extension PAR: Hashable {
    /// Whether both are the same, character by character.
    public static func == (left: PAR, right: PAR) -> Bool {
        for index in 0..<29 where left.characters[index] != right.characters[index] { return false }
        return true
    }

    /// Hashes the characters.
    public func hash(into hasher: inout Hasher) {
        for index in 0..<29 { hasher.combine(characters[index]) }
    }
}

extension PAR: CustomStringConvertible {
    /// Its text, 27 or 29 characters.
    public var description: String { text }
}

extension PAR: Codable {
    /// Reads a string of 27 or 29 characters.
    ///
    /// - Throws: ``KMError`` `parMalformed`, also where there is no string.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.text(.parMalformed))
    }

    /// Writes its text as a string.
    ///
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension UInt8 {
    var isPARCharacter: Bool { isDigit || self &- UInt8(ascii: "A") < 26 }
}
