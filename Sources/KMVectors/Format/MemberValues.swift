internal import Foundation
internal import KMJOSE
internal import KMSecurity

/// Bytes, which files contain as an even number of lower-case hexadecimal digits, possibly none.
package struct Hex: Decodable {
    let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(from decoder: any Decoder) throws {
        let text = Array(try decoder.singleValueContainer().decode(String.self).utf8)
        let digits = text.compactMap(Self.value)
        guard digits.count == text.count, text.count.isMultiple(of: 2) else {
            throw VectorFileError(decoder.codingPath, "expected an even number of lower-case hexadecimal digits")
        }
        bytes = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// The bytes as lower-case hexadecimal digits.
    package var text: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

/// The name of a wire profile in files.
enum ProfileName: String, Decodable {
    case documented, gateway

    var profile: WireProfile { self == .documented ? .documented : .gateway }
}

/// The name of a content encryption algorithm in files.
enum EncName: String, Decodable {
    case a128GCM = "A128GCM"
    case a256GCM = "A256GCM"

    var encryption: ContentEncryptionAlgorithm { self == .a128GCM ? .a128GCM : .a256GCM }
}

extension Int64 {
    /// The date that is this number of milliseconds after 1970-01-01T00:00:00Z.
    var date: Date { Date(timeIntervalSince1970: Double(self) / 1000) }
}
