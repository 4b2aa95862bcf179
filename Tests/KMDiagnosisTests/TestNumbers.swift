import Foundation
import KMDiagnosis
import KMTestSupport

/// Test card numbers: the platform's, and those that card schemes and processors publish.
enum TestNumbers {
    static let published: [(number: String, issuer: String)] = [
        ("9491339401250765", "domestic (Korea)"),
        ("4111111111111111", "Visa"), ("4012888888881881", "Visa"), ("4242424242424242", "Visa"),
        ("4222222222222", "Visa"),
        ("5555555555554444", "Mastercard"), ("5105105105105100", "Mastercard"), ("2223003122003222", "Mastercard"),
        ("378282246310005", "American Express"), ("371449635398431", "American Express"),
        ("6011111111111117", "Discover"), ("6011000990139424", "Discover"),
        ("30569309025904", "Diners Club"), ("38520000023237", "Diners Club"), ("36227206271667", "Diners Club"),
        ("3056930009020004", "Diners Club"),
        ("3530111333300000", "JCB"), ("3566002020360505", "JCB"),
        ("6200000000000005", "UnionPay"), ("6205500000000000004", "UnionPay"), ("6243030000000001", "UnionPay"),
        ("6304000000000000", "Maestro"), ("6759649826438453", "Maestro"), ("6799990100000000019", "Maestro"),
        ("6771798021000008", "Maestro"), ("6000070736169237003", "Maestro"),
        ("9792030394440796", "Troy"), ("6362970000457013", "Elo"), ("6062826786276634", "Hipercard"),
    ]

    static let card = "9491339401250765"

    /// Returns a random number with these leading digits and a correct check digit.
    static func number(_ prefix: String, count: Int, using generator: inout SeededGenerator) -> String {
        var digits = prefix
        while digits.count < count - 1 { digits += String(Int.random(in: 0...9, using: &generator)) }
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            let digit = digit.wholeNumberValue ?? 0
            sum += place % 2 == 0 ? digit / 5 + digit * 2 % 10 : digit
        }
        return digits + String((10 - sum % 10) % 10)
    }

    /// Returns a random number from a range that a card scheme issues.
    static func any(using generator: inout SeededGenerator) -> String {
        let kinds = [("4", 16), ("53", 16), ("2345", 16), ("37", 15), ("36", 14), ("62", 19), ("9", 16), ("5018", 12)]
        let kind = kinds.randomElement(using: &generator) ?? ("4", 16)
        return number(kind.0, count: kind.1, using: &generator)
    }

    /// Returns a number in the usual groups for its length, or nil if its length has none.
    static func grouped(_ number: String, by separator: String) -> String? {
        let sizes: [Int]
        switch number.count {
        case 13: sizes = [4, 4, 5]
        case 14: sizes = [4, 6, 4]
        case 15: sizes = [4, 6, 5]
        case 16: sizes = [4, 4, 4, 4]
        case 17...19: sizes = [4, 4, 4, 4, number.count - 16]
        default: return nil
        }
        var (groups, rest) = ([Substring](), number[...])
        for size in sizes {
            groups.append(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        return groups.joined(separator: separator)
    }
}

/// Returns the findings in a text.
func panFindings(_ text: String, issuers: [IssuerRange]? = IssuerRange.known) -> [PANFinding] {
    panFindings(Array(text.utf8), issuers: issuers)
}

/// Returns the findings in a text.
func panFindings(_ text: [UInt8], issuers: [IssuerRange]? = IssuerRange.known) -> [PANFinding] {
    PANScanner.findings(in: text.span, issuers: issuers)
}

extension UUID {
    /// Returns a UUID of random bytes.
    static func random(using generator: inout SeededGenerator) -> UUID {
        var hex = generator.bytes(16).map { String(format: "%02x", $0) }.joined()
        for place in [8, 13, 18, 23] { hex.insert("-", at: hex.index(hex.startIndex, offsetBy: place)) }
        return UUID(uuidString: hex) ?? UUID()
    }
}
