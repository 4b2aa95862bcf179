public import HTTPTypes
internal import KMPrimitives

/// The value of X-KM-Crypto-Key-Id, which names the key that parameters are encrypted with.
///
/// It has 32 characters: ASCII letters, digits, `-` and `_`. The platform documents only the length, and issues
/// lower-case hexadecimal digits. Ids are case-sensitive.
public struct CryptoKeyID: HeaderValue {
    /// The header name, X-KM-Crypto-Key-Id.
    public static let headerName = HTTPField.Name.kmCryptoKeyID

    /// The header's text, 32 characters.
    public let text: String
    /// The same characters as four words, which are compared faster than a string.
    private let words: InlineArray<4, UInt64>

    /// Creates an id from the header's text.
    ///
    /// - Throws: ``KMError`` `headerInvalid` when `text` is not 32 ASCII letters, digits, `-` and `_`.
    public init(_ text: String) throws {
        try Self.check(text, count: 32, "ASCII letters, digits, - and _") {
            $0.isAlphanumeric || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
        self.text = text
        words = Self.words(text)
    }

    private static func words(_ text: String) -> InlineArray<4, UInt64> {
        let characters = text.utf8Span.span
        return InlineArray { characters.word(at: 8 * $0) }
    }

    /// Creates a random id: 128 bits as 32 lower-case hexadecimal digits.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when the random generator fails.
    public static func random() throws -> CryptoKeyID {
        try CryptoKeyID(hexadecimal(SecureRandom.bytes(16)))
    }

    /// Returns whether two ids have the same characters.
    public static func == (left: CryptoKeyID, right: CryptoKeyID) -> Bool {
        left.words[0] == right.words[0] && left.words[1] == right.words[1] && left.words[2] == right.words[2]
            && left.words[3] == right.words[3]
    }

    /// Hashes the characters.
    public func hash(into hasher: inout Hasher) {
        for index in words.indices { hasher.combine(words[index]) }
    }
}
