#if Sandbox
import Foundation
import HTTPTypes
import KMCards
import KMJSON
import KMPrimitives
import KMSecurity

/// Shows the parts of a call, with secrets and card data masked unless the user asked for them.
struct CallMasking {
    let isRevealed: Bool

    /// The headers as pairs of name and value.
    ///
    /// The token and the access key are shortened: together with a body, they are a signed request.
    func headers(_ fields: HTTPFields) -> [[String]] {
        fields.map { field in
            let value = Self.isSecret(field.name) && !isRevealed ? shortened(field.value) : masked(field.value)
            return [field.name.rawName, value]
        }
    }

    /// Whether a header holds a secret by its name, which can be misspelled.
    private static func isSecret(_ name: HTTPField.Name) -> Bool {
        let letters = name.canonicalName.filter(\.isLetter)
        return ["token", "accesskey", "secret", "authorization", "cookie", "password", "apikey"].contains {
            letters.contains($0)
        }
    }

    /// A body as text.
    func body(_ bytes: [UInt8]) -> String { parameters(bytes) }

    /// Decrypted parameters as text, with card numbers and the values of CVC members masked.
    func parameters(_ bytes: [UInt8]) -> String {
        guard !isRevealed else { return String(decoding: bytes, as: UTF8.self) }
        return masked(String(decoding: Self.hidingCardData(bytes), as: UTF8.self))
    }

    private func shortened(_ text: String) -> String {
        text.count > 16 ? "\(text.prefix(8))…\(text.suffix(4))" : "…"
    }

    /// Masks numbers that are card numbers by their issuer and check digit.
    private func masked(_ text: String) -> String {
        guard !isRevealed else { return text }
        return String(decoding: PANSearch.masked(Array(text.utf8), IssuerRange.known), as: UTF8.self)
    }

    /// Replaces the characters of the values of members that hold card data.
    ///
    /// A card number keeps its first six and last four digits, as PCI DSS 3.4.1 allows. In text that is not JSON, all
    /// numbers of three digits and more are hidden.
    static func hidingCardData(_ json: [UInt8]) -> [UInt8] {
        var output = json
        var scanner = JSONScanner()
        // The name holds for all values up to the next one, such as those of an array.
        var name = ""
        var end = 0
        while let token = try? scanner.next(in: json.span) {
            if token == .end { return output }
            end = scanner.range.upperBound
            if token == .name {
                name = (JSONString.string(json.span, scanner.range) ?? "").lowercased().filter(\.isLetter)
            } else if ["cvc", "cvv", "expdate", "expiry"].contains(where: name.contains) {
                for index in scanner.range where isHideable(json[index]) { output[index] = UInt8(ascii: "*") }
            } else if ["cardno", "cardnum"].contains(where: name.contains) {
                let digits = scanner.range.filter { isHideable(json[$0]) }
                let isNumber = (13...19).contains(digits.count) && digits.allSatisfy { json[$0].isDigit }
                for index in isNumber ? digits.dropFirst(6).dropLast(4) : digits[...] {
                    output[index] = UInt8(ascii: "*")
                }
            }
        }
        hideNumbers(&output, from: min(end, output.count))
        return output
    }

    /// Whether a byte can be a part of a number, also of one in full-width digits or with escapes.
    private static func isHideable(_ byte: UInt8) -> Bool { byte.isAlphanumeric || byte >= 0x80 }

    private static func hideNumbers(_ text: inout [UInt8], from start: Int) {
        // UTF-16 has a zero byte beside each digit.
        let isWide = text.contains(0)
        var index = start
        while index < text.count {
            let end = text[index...].firstIndex { !($0.isDigit || isWide && $0 == 0) } ?? text.count
            let isPartOfWord = !isWide && (isWordPart(text, index - 1) || isWordPart(text, end))
            if end - index >= 3, !isPartOfWord || end - index >= 12 {
                for place in index..<end where text[place].isDigit { text[place] = UInt8(ascii: "*") }
            }
            index = max(end, index + 1)
        }
    }

    private static func isWordPart(_ text: [UInt8], _ index: Int) -> Bool {
        text.indices.contains(index) && text[index].isAlphanumeric && !text[index].isDigit
    }
}
#endif
