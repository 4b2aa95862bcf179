import KMSecurity
import KMVectors
import Testing

@testable import KMVectorGeneration

@Suite("What vectors are made of")
struct GenerationTests {
    @Test("Seeded bytes are those of HMAC-SHA-256 in counter mode, as Python's hmac makes them")
    func seededBytes() throws {
        let scoped = try SeededBytes(seed: "KMSecurity").scope("token-sign").scope("a")
        let due = "6baae444acdcc6b30c3a717b110d9d5c944b5b328c841a6f77514fdab86d42a46014dad03de9265b"
        #expect(Hex(try scoped.bytes(40, "b")).text == due)
        #expect(Hex(try scoped.bytes(5, "b")).text == due.prefix(10))
        #expect(Hex(try SeededBytes(seed: "").bytes(8, "x")).text == "5d2cdad05d66cd7f")
        #expect(try SeededBytes(seed: "").number(0...UInt64.max - 1, "x") == 0x5d2c_dad0_5d66_cd7f)
        #expect(try SeededBytes(seed: "").number(7...7, "x") == 7)
    }

    @Test("OpenSSL decrypts what is encrypted here, of every size", arguments: [0, 1, 16, 32, 189, 190])
    func oaep(count: Int) throws {
        let seeded = try SeededBytes(seed: "oaep")
        let message = try seeded.bytes(count, "message \(count)")
        for key in MadeKey.all {
            let ciphertext = try MadeContentKey.encrypt(message, to: key, seeded)
            let privateKey = try RSAPrivateKey(parsing: Array(key.privateKey.utf8))
            #expect(try privateKey.decryptOAEP(ciphertext.span) == SecretBytes(copying: message))
        }
    }

    @Test("A label or a first byte that is not 0 make OpenSSL refuse it")
    func otherOAEP() throws {
        let seeded = try SeededBytes(seed: "oaep")
        let privateKey = try RSAPrivateKey(parsing: Array(MadeKey.active.privateKey.utf8))
        let labelled = try MadeContentKey.encrypt([1], to: .active, seeded, label: [1])
        let shifted = try MadeContentKey.encrypt([1], to: .active, seeded, firstByte: 1)
        for ciphertext in [labelled, shifted] {
            #expect(throws: KMError(.authenticationFailed)) { try privateKey.decryptOAEP(ciphertext.span) }
        }
    }

    @Test("Numbers at the edges of a modulus keep their powers: 0, 1, and the modulus less 1")
    func edgesOfTheModulus() throws {
        let modulus = try RSAPrivateKey(parsing: Array(MadeKey.active.privateKey.utf8)).publicKey.modulus()
        let exponentiation = PublicExponentiation(modulus: modulus)
        func number(_ last: UInt8) -> [UInt8] { [UInt8](repeating: 0, count: modulus.count - 1) + [last] }
        let less = Array(modulus.dropLast()) + [(modulus.last ?? 1) - 1]
        for number in [number(0), number(1), less] { #expect(exponentiation.power(number) == number) }
        // A limb of ones everywhere: 2^2048 - 1 as a modulus, and 2 to the power of 65537, which is 2^(65537 mod 2048).
        let ones = PublicExponentiation(modulus: [UInt8](repeating: 0xFF, count: 256))
        for number in [number(2), number(4)] { #expect(ones.power(number) == number) }
    }

    @Test("A text keeps the order of its members, and escapes what it has to")
    func jsonText() {
        let text = JSONText.object([
            .init("b", .list([])), .init("a\"", .list([.text("\n"), .number(-1), true])), .init("c", .object([])),
            .init("d", .list([.object([.init("e", .hex([0, 0xAB]))])])),
        ])
        let due = """
            {
              "b": [],
              "a\\"": ["\\n", -1, true],
              "c": {},
              "d": [
                {
                  "e": "00ab"
                }
              ]
            }

            """
        #expect(String(decoding: text.lines, as: UTF8.self) == due)
    }
}
