internal import KMPrimitives

/// A payment account reference (PAR), which replaces a card's PAN and does not reveal it.
///
/// A PAR has 27 characters on the platform, and 29 in EMVCo's general form. It is a prefix of two or four characters,
/// which identifies the party that assigned the PAR, followed by a reference of 25 characters. All characters are ASCII
/// digits and upper-case letters. You may store, send and log a PAR. The value takes 32 bytes, none of them on the
/// heap.
public struct PAR: Sendable {
    /// The two formats of a PAR.
    public enum Format: Int, Sendable, Hashable, CaseIterable {
        /// The platform's format, 27 characters, of which 2 are the prefix.
        case platform = 27
        /// EMVCo's format, 29 characters, of which 4 are the prefix, the BIN controller identifier.
        case emvco = 29

        /// The number of characters of a PAR, 27 or 29.
        public var characterCount: Int { rawValue }

        /// The number of characters of the prefix, 2 or 4.
        public var prefixCharacterCount: Int { rawValue - PAR.referenceCharacterCount }
    }

    /// The number of characters after the prefix, 25.
    public static let referenceCharacterCount = 25

    /// The format of this PAR.
    public let format: Format
    /// The characters in ASCII, padded with zeros.
    private let characters: InlineArray<29, UInt8>

    /// Creates a PAR from its text.
    ///
    /// - Parameters:
    ///   - text: The PAR, 27 or 29 ASCII digits and upper-case letters.
    ///   - format: The required format, or nil to accept both.
    /// - Throws: ``KMError`` `parMalformed` if the text has another length or other characters.
    public init(_ text: String, format: Format? = nil) throws {
        let bytes = Array(text.utf8)
        guard let found = Format(rawValue: bytes.count), format == nil || format == found else {
            let expected = format.map { "\($0.rawValue)" } ?? "27 or 29"
            throw KMError(.parMalformed, "a PAR must have \(expected) characters; got \(bytes.count)")
        }
        guard let wrong = bytes.firstIndex(where: { !$0.isPARCharacter }) else {
            self.init(format: found, characters: InlineArray { $0 < bytes.count ? bytes[$0] : 0 })
            return
        }
        throw KMError(
            .parMalformed,
            "a PAR must contain only ASCII digits and upper-case letters; character \(wrong + 1) is neither"
        )
    }

    init(format: Format, characters: InlineArray<29, UInt8>) {
        self.format = format
        self.characters = characters
    }

    /// The first two or four characters.
    public var prefix: Prefix {
        Prefix(format: format, characters: InlineArray { $0 < format.prefixCharacterCount ? characters[$0] : 0 })
    }

    /// Calls `body` with the 27 or 29 characters in ASCII, and returns its result.
    public func withCharacters<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
        try body(characters.span.extracting(first: format.characterCount))
    }

    /// The text of the PAR, 27 or 29 characters.
    public var text: String { withCharacters(String.init(ascii:)) }
}

extension PAR: Hashable {
    /// Returns whether both have the same characters.
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
    /// The text of the PAR.
    public var description: String { text }
}

extension PAR: Codable {
    /// Decodes a PAR of either format from a string.
    ///
    /// - Throws: ``KMError`` `parMalformed` if the value is not a string, or the string is not a PAR.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.text(.parMalformed))
    }

    /// Encodes the PAR as a string.
    ///
    /// - Throws: The encoder's error.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension UInt8 {
    var isPARCharacter: Bool { isDigit || self &- UInt8(ascii: "A") < 26 }
}
