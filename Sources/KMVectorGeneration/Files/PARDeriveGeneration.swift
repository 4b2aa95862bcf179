internal import KMPrimitives

/// Generates `par-derive`: PANs with their PARs.
///
/// The derivation here follows the PARDerivation article and is independent of the code under test.
enum PARDeriveGeneration: GeneratedOperation {
    static let name = "par-derive"

    static func file(_ seeded: SeededBytes) throws -> GeneratedFile {
        GeneratedFile(
            comment: """
                PARs of PANs: a prefix and 25 characters. Authenticate, with HMAC-SHA-256 under `key`: the 16 ASCII \
                characters `KMSecurity PAR 1`, one octet with the PAR's number of characters (27 or 29), the prefix, \
                `keyVersion` in four octets, the highest first, and the PAN's digits in ASCII. The MAC is a number of 256 \
                bits; 25 times, multiply it by 36: what overflows the 256 bits is the next character's place in 0-9A-Z, \
                and the rest goes on. `keyCheckValue` is the first five octets, in upper-case hexadecimal, of the MAC of \
                the 16 ASCII characters `KMSecurity KCV 1` and `keyVersion` in four octets.
                """,
            flags: [
                ("Digits", "PANs of every length, the last digit their check digit (ISO/IEC 7812-1)."),
                ("CheckDigit", "The last digit is another one than the check digit, or two digits changed places."),
                ("Character", "A character that is no ASCII digit in the place of one."),
            ],
            groups: try (0..<12).map { try group(seeded.scope("group \($0)"), number: $0) }
        )
    }

    private static func group(_ seeded: SeededBytes, number: Int) throws -> GeneratedGroup {
        let key = try seeded.bytes([32, 16, 64, 33][number % 4], "key")
        let version = try seeded.bytes(4, "version").reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let prefixCount = number < 8 ? 2 : 4
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        let prefix = try seeded.bytes(prefixCount, "prefix").map { alphabet[Int($0) % 36] }
        let derivation = Derivation(key: key, version: version, prefix: prefix)
        let shared: [JSONText.Member] = [
            .init("key", .hex(key)), .init("keyVersion", .number(Int64(version))), .init("prefix", .text(text(prefix))),
        ]
        return GeneratedGroup(
            "A key of \(key.count) bytes and a prefix of \(prefixCount) characters.",
            shared,
            try (12...19).flatMap { try tests(seeded.scope("\($0) digits"), digitCount: $0, derivation) }
        )
    }

    private static func tests(
        _ seeded: SeededBytes,
        digitCount: Int,
        _ derivation: Derivation
    ) throws -> [GeneratedTest] {
        // No issuer has card numbers that begin with 9999.
        let account = try seeded.bytes(digitCount - 5, "account").map { UInt8(ascii: "0") + $0 % 10 }
        let pan = withCheckDigit(Array("9999".utf8) + account)
        var tests = [
            GeneratedTest(
                "\(digitCount) digits",
                ["Digits"],
                [.init("pan", .text(text(pan)))],
                .valid([
                    .init("par", .text(try derivation.par(of: pan))),
                    .init("keyCheckValue", .text(try derivation.keyCheckValue())),
                ])
            )
        ]
        func rejected(_ comment: String, _ flag: String, _ pan: [UInt8], _ error: String) {
            tests.append(GeneratedTest(comment, [flag], [.init("pan", .text(text(pan)))], .invalid(error)))
        }
        let place = Int(try seeded.bytes(1, "place")[0]) % digitCount
        var wrong = pan
        wrong[place] = UInt8(ascii: "0") + (wrong[place] - UInt8(ascii: "0") + 1 + UInt8(place % 9)) % 10
        rejected("\(digitCount) digits, another one at \(place + 1)", "CheckDigit", wrong, "panCheckDigitInvalid")
        wrong = pan
        wrong[place] = [UInt8(ascii: " "), UInt8(ascii: "O"), UInt8(ascii: "-"), 0][place % 4]
        rejected("\(digitCount) digits, but none at \(place + 1)", "Character", wrong, "panMalformed")
        return tests
    }

    /// Returns the digits with their Luhn check digit.
    private static func withCheckDigit(_ digits: [UInt8]) -> [UInt8] {
        let sum = digits.reversed().enumerated().reduce(0) { sum, digit in
            let value = Int(digit.element - UInt8(ascii: "0"))
            return sum + (digit.offset.isMultiple(of: 2) ? value / 5 + value * 2 % 10 : value)
        }
        return digits + [UInt8(ascii: "0") + UInt8((10 - sum % 10) % 10)]
    }

    private static func text(_ characters: [UInt8]) -> String { String(decoding: characters, as: UTF8.self) }

    /// A simple, slow implementation of the derivation.
    private struct Derivation {
        let key: [UInt8]
        let version: UInt32
        let prefix: [UInt8]

        private var versionOctets: [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: version >> $0) } }

        func par(of pan: [UInt8]) throws -> String {
            let message = Array("KMSecurity PAR 1".utf8) + [UInt8(prefix.count + 25)] + prefix + versionOctets + pan
            var octets = try mac(message)
            let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
            var par = prefix
            for _ in 0..<25 {
                var carry = 0
                for place in octets.indices.reversed() {
                    carry += Int(octets[place]) * 36
                    octets[place] = UInt8(carry & 0xFF)
                    carry >>= 8
                }
                par.append(alphabet[carry])
            }
            return text(par)
        }

        func keyCheckValue() throws -> String {
            let digits = Array("0123456789ABCDEF".utf8)
            let octets = try mac(Array("KMSecurity KCV 1".utf8) + versionOctets).prefix(5)
            return text(octets.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
        }

        private func mac(_ message: [UInt8]) throws -> [UInt8] {
            try HMACSHA256(key: SecretBytes(copying: key)).authenticate(message).bytes
        }
    }
}
