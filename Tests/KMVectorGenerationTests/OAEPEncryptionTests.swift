import KMPrimitives
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

    @Test("With SHA-1, only RSA-OAEP with SHA-1 decrypts the ciphertext", arguments: [0, 16, 32, 55, 56, 64, 214])
    func sha1(count: Int) throws {
        let seeded = try SeededBytes(seed: "oaep")
        let message = try seeded.bytes(count, "message \(count)")
        let ciphertext = try OAEPEncryption.encrypt(message, to: TestKey.active, seeded, hash: .insecureSHA1)
        let privateKey = try RSAPrivateKey(parsing: Array(TestKey.active.privateKey.utf8))
        #expect(try privateKey.decryptOAEP(ciphertext.span, hash: .insecureSHA1) == SecretBytes(copying: message))
        #expect(throws: KMError(.authenticationFailed)) { try privateKey.decryptOAEP(ciphertext.span) }
    }

    @Test("SHA-1 equals the digests of FIPS 180 and RFC 3174, for messages around the size of a block")
    func digest() {
        let digests: [([UInt8], String)] = [
            ([], "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            (Array("abc".utf8), "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8),
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
            ),
            ([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
        ]
        for (message, digest) in digests { #expect(hexadecimal(SHA1.digest(message)) == digest) }
    }

    @Test("OpenSSL rejects a ciphertext with a label, or with a first byte that is not 0")
    func rejected() throws {
        let seeded = try SeededBytes(seed: "oaep")
        let privateKey = try RSAPrivateKey(parsing: Array(TestKey.active.privateKey.utf8))
        let labelled = try OAEPEncryption.encrypt([1], to: TestKey.active, seeded, label: [1])
        let shifted = try OAEPEncryption.encrypt([1], to: TestKey.active, seeded, firstByte: 1)
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
