internal import KMPrimitives

extension PAR {
    /// The first two or four characters of a PAR, which identify the party that assigned it.
    ///
    /// The length of the prefix determines the format. A prefix of two characters makes a PAR of 27 characters. A
    /// prefix of four characters makes a PAR of 29 characters, and is the BIN controller identifier that EMVCo assigns.
    /// The characters are ASCII digits and upper-case letters.
    public struct Prefix: Sendable, Hashable, CustomStringConvertible {
        /// The platform's prefix, `Q1`.
        public static let platform = Prefix(
            format: .platform,
            characters: [UInt8(ascii: "Q"), UInt8(ascii: "1"), 0, 0]
        )

        /// The format of PARs with this prefix.
        public let format: Format
        /// The characters in ASCII, padded with zeros.
        let characters: InlineArray<4, UInt8>

        /// Creates a prefix from its text.
        ///
        /// - Throws: ``KMError`` `parMalformed` unless `text` is two or four ASCII digits or upper-case letters.
        public init(_ text: String) throws {
            let bytes = Array(text.utf8)
            guard let format = Format.allCases.first(where: { $0.prefixCharacterCount == bytes.count }),
                bytes.allSatisfy(\.isPARCharacter)
            else {
                throw KMError(.parMalformed, "a PAR prefix must be two or four ASCII digits or upper-case letters")
            }
            self.init(format: format, characters: InlineArray { $0 < bytes.count ? bytes[$0] : 0 })
        }

        init(format: Format, characters: InlineArray<4, UInt8>) {
            self.format = format
            self.characters = characters
        }

        /// The text of the prefix, two or four characters.
        public var description: String {
            String(decoding: (0..<format.prefixCharacterCount).map { characters[$0] }, as: UTF8.self)
        }

        /// Returns whether both have the same characters.
        public static func == (left: Prefix, right: Prefix) -> Bool {
            (0..<4).allSatisfy { left.characters[$0] == right.characters[$0] }
        }

        /// Hashes the characters.
        public func hash(into hasher: inout Hasher) {
            for index in 0..<4 { hasher.combine(characters[index]) }
        }
    }
}
