import KMSecurity
import Testing

@testable import KMVectorGeneration

@Suite("OAEP encryption with a given seed")
struct OAEPEncryptionTests {
    @Test("OpenSSL decrypts the ciphertext of a message of any size", arguments: [0, 1, 16, 32, 189, 190])
    func decrypted(count: Int) throws {
        let seeded = try SeededBytes(seed: "oaep")
        let message = try seeded.bytes(count, "message \(count)")
        for key in TestKey.all {
            let ciphertext = try OAEPEncryption.encrypt(message, to: key, seeded)
            let privateKey = try RSAPrivateKey(parsing: Array(key.privateKey.utf8))
            #expect(try privateKey.decryptOAEP(ciphertext.span) == SecretBytes(copying: message))
        }
    }

    @Test("OpenSSL rejects a ciphertext with a label, or with a first byte that is not 0")
    func rejected() throws {
        let seeded = try SeededBytes(seed: "oaep")
        let privateKey = try RSAPrivateKey(parsing: Array(TestKey.active.privateKey.utf8))
        let labelled = try OAEPEncryption.encrypt([1], to: .active, seeded, label: [1])
        let shifted = try OAEPEncryption.encrypt([1], to: .active, seeded, firstByte: 1)
        for ciphertext in [labelled, shifted] {
            #expect(throws: KMError(.authenticationFailed)) { try privateKey.decryptOAEP(ciphertext.span) }
        }
    }

    @Test("The numbers 0, 1, and the modulus minus 1 equal their powers")
    func edges() throws {
        let modulus = try RSAPrivateKey(parsing: Array(TestKey.active.privateKey.utf8)).publicKey.modulus()
        let exponentiation = PublicExponentiation(modulus: modulus)
        func number(_ last: UInt8) -> [UInt8] { [UInt8](repeating: 0, count: modulus.count - 1) + [last] }
        let largest = Array(modulus.dropLast()) + [(modulus.last ?? 1) - 1]
        for number in [number(0), number(1), largest] { #expect(exponentiation.power(number) == number) }
        // All limbs of the modulus 2^2048 - 1 are ones; 2 to the power of 65537 is 2^(65537 mod 2048).
        let ones = PublicExponentiation(modulus: [UInt8](repeating: 0xFF, count: 256))
        for number in [number(2), number(4)] { #expect(ones.power(number) == number) }
    }
}
