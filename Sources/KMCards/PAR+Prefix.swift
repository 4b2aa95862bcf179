internal import KMPrimitives

extension PAR {
    /// What a PAR begins with, and what tells who gave it out.
    ///
    /// Its length decides on the format. Two characters make PARs of 27, four make PARs of 29, in which they are the BIN controller identifier that EMVCo
    /// assigns. All are ASCII digits and upper-case letters.
    public struct Prefix: Sendable, Hashable, CustomStringConvertible {
        /// The platform's own: `Q1`.
        public static let platform = Prefix(
            format: .platform,
            characters: [UInt8(ascii: "Q"), UInt8(ascii: "1"), 0, 0]
        )

        /// The format of the PARs that begin with it.
        public let format: Format
        /// The characters in ASCII; zero behind the last one.
        let characters: InlineArray<4, UInt8>

        /// Checks and takes a prefix.
        ///
        /// - Throws: ``KMError`` `parMalformed` unless it has two or four ASCII digits and upper-case letters.
        public init(_ text: String) throws {
            let bytes = Array(text.utf8)
            guard let format = Format.allCases.first(where: { $0.prefixCharacterCount == bytes.count }),
                bytes.allSatisfy(\.isPARCharacter)
            else {
                throw KMError(.parMalformed, "a prefix has two or four ASCII digits and upper-case letters")
            }
            self.init(format: format, characters: InlineArray { $0 < bytes.count ? bytes[$0] : 0 })
        }

        init(format: Format, characters: InlineArray<4, UInt8>) {
            self.format = format
            self.characters = characters
        }

        /// Its text, two or four characters.
        public var description: String {
            String(decoding: (0..<format.prefixCharacterCount).map { characters[$0] }, as: UTF8.self)
        }

        /// Whether both are the same.
        public static func == (left: Prefix, right: Prefix) -> Bool {
            (0..<4).allSatisfy { left.characters[$0] == right.characters[$0] }
        }

        /// Hashes the characters.
        public func hash(into hasher: inout Hasher) {
            for index in 0..<4 { hasher.combine(characters[index]) }
        }
    }
}
