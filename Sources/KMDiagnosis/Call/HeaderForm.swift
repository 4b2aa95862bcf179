internal import HTTPTypes
internal import KMPrimitives
internal import KMWire

/// The form of a header's value, character by character, to find the first wrong one.
struct HeaderForm {
    private enum Character {
        case alphanumeric, digit, hexadecimal, visible, keyID, capital, base64
        case literal(UInt8)

        func contains(_ byte: UInt8) -> Bool {
            switch self {
            case .alphanumeric: byte.isAlphanumeric
            case .digit: byte.isDigit
            case .hexadecimal: byte.isHexadecimal
            case .visible: (0x21...0x7E).contains(byte)
            case .keyID: byte.isAlphanumeric || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            case .capital: byte &- UInt8(ascii: "A") < 26
            case .base64: byte.isAlphanumeric || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/")
            case .literal(let literal): byte == literal
            }
        }
    }

    private let characters: [Character]
    /// A character that may follow, the pad of a token.
    private let optional: UInt8?

    private init(_ characters: [Character], optional: UInt8? = nil) {
        self.characters = characters
        self.optional = optional
    }

    private static func times(_ count: Int, _ character: Character) -> [Character] {
        Array(repeating: character, count: count)
    }

    private static func literal(_ text: String) -> [Character] { text.utf8.map { .literal($0) } }

    /// The form of a header of the platform.
    static func of(_ name: HTTPField.Name) -> HeaderForm? {
        switch name {
        case .kmUserAspID: HeaderForm(times(15, .alphanumeric))
        case .kmCorrelationID: HeaderForm(times(12, .digit) + literal("-") + times(7, .hexadecimal))
        case .kmAccessKey: HeaderForm(times(40, .visible))
        case .kmCryptoKeyID: HeaderForm(times(32, .keyID))
        case .kmTranToken:
            HeaderForm(
                literal("KMV1:") + times(17, .digit) + literal(":") + times(43, .base64),
                optional: UInt8(ascii: "=")
            )
        case .kmTranTime: HeaderForm(times(14, .digit))
        case .kmTimeZone: HeaderForm(times(3, .capital))
        default: nil
        }
    }

    /// The number of characters, without the optional one.
    var count: Int { characters.count }

    /// Returns the position of the first character that does not fit, which can be the end of the value; nil if all fit.
    func firstMisfit(_ value: [UInt8]) -> Int? {
        for (index, byte) in value.enumerated() {
            if index < characters.count {
                guard characters[index].contains(byte) else { return index }
            } else {
                guard index == characters.count, byte == optional else { return index }
            }
        }
        return value.count < characters.count ? value.count : nil
    }
}
