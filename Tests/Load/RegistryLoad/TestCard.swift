import Foundation
import KMPARRegistry
import KMSecurity

/// The cards of the load.
enum TestCard {
    /// The PAN of 16 digits with a number from 0 to 999,999,999; no issuer has its first six digits.
    static func pan(_ number: Int) throws -> PAN {
        guard (0..<1_000_000_000).contains(number) else { throw KMError(.panMalformed, "there is no card \(number)") }
        var digits = [UInt8](repeating: 9, count: 16)
        var rest = number
        for index in (6..<15).reversed() {
            digits[index] = UInt8(rest % 10)
            rest /= 10
        }
        // Luhn's sum: every second digit from the right is doubled, and the sum of its digits counts.
        let sum = (0..<15).reduce(0) { sum, index in
            let digit = Int(digits[index])
            return sum + (index.isMultiple(of: 2) ? digit * 2 - (digit > 4 ? 9 : 0) : digit)
        }
        digits[15] = UInt8((10 - sum % 10) % 10)
        for index in digits.indices { digits[index] += UInt8(ascii: "0") }
        return try PAN(digits.span)
    }
}

/// The keys of the load, which protect nothing.
enum TestKey: String, CaseIterable {
    case lookup1 = "lookup-1"
    case lookup2 = "lookup-2"
    case sealing
    case tokenization

    private var bytes: [UInt8] {
        [UInt8](repeating: UInt8(ascii: "a") + UInt8(Self.allCases.firstIndex(of: self) ?? 0), count: 32)
    }

    private var secret: SecretBytes {
        get throws { try SecretBytes(copying: bytes) }
    }

    static var tokenizer: PARTokenizer {
        get throws { try PARTokenizer(TokenizationKey(tokenization.secret)) }
    }

    static func lookupKeys(both: Bool) throws -> [PANLookupKey] {
        let first = try PANLookupKey(lookup1.secret, version: 1)
        return both ? [first, try PANLookupKey(lookup2.secret, version: 2)] : [first]
    }

    static var sealingKeys: [PANSealingKey] {
        get throws { [try PANSealingKey(sealing.secret)] }
    }

    /// Writes a file that kmsec accepts as the same key.
    func write(to folder: String) throws {
        let path = "\(folder)/\(rawValue)"
        guard
            FileManager.default.createFile(
                atPath: path,
                contents: Data(bytes),
                attributes: [.posixPermissions: 0o600]
            )
        else { throw CocoaError(.fileWriteUnknown) }
    }
}
