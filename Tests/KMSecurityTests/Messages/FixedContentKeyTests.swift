import Foundation
import KMPrimitives
import KMSecurityTestSupport
import KMTestSupport
import Testing

@testable import KMSecurity

@Suite("Encryption with a fixed content encryption key and fixed IVs")
struct FixedContentKeyTests {
    private let cipher: ParameterCipher
    private let id: CryptoKeyID

    init() throws {
        id = try CryptoKeyID.random()
        let pair = try TestKeys.first()
        let key = try CryptoKey(id: id, encryptionKey: pair.publicKey, decryptionKey: pair, issuedAt: .now)
        cipher = try ParameterCipher(keyring: CryptoKeyring(primary: key))
    }

    private func fixed(_ keyByteCount: Int, ivByteCount: Int) throws -> InsecureGivenKey {
        let key = try SecretBytes(copying: [UInt8](repeating: 7, count: keyByteCount))
        return InsecureGivenKey(
            key,
            encryptedKey: try key.withBytes { try TestKeys.first().publicKey.encryptOAEP($0) },
            ivs: [UInt8](repeating: 9, count: ivByteCount)
        )
    }

    @Test func aFixedContentKeyMakesSealingDeterministic() throws {
        let parameters = Array("{\"a\":1}".utf8)
        let fixed = cipher.insecurelyUsing(try fixed(32, ivByteCount: 12))
        let body = try fixed.seal(parameters, .message, under: id, at: .now)
        #expect(try fixed.seal(parameters, .message, under: id, at: .now) == body)
        #expect(try cipher.open(body, .message, under: id) == parameters)
        // The original cipher still uses random keys.
        #expect(
            try cipher.seal(parameters, .message, under: id, at: .now)
                != cipher.seal(parameters, .message, under: id, at: .now)
        )
    }

    @Test("A wrong key or IV size is rejected", arguments: [(16, 12), (24, 12), (0, 12), (32, 0), (32, 24), (32, 11)])
    func otherSizes(key: Int, ivs: Int) throws {
        let fixed = cipher.insecurelyUsing(try fixed(key, ivByteCount: ivs))
        #expect(throws: KMError(.invalidSize)) { try fixed.seal(Array("1".utf8), .message, under: id, at: .now) }
        #expect(throws: KMError(.invalidSize)) {
            try fixed.seal(Array("{\"a\":1}".utf8), .fields("$.a"), under: id, at: .now)
        }
    }
}
