import Foundation
import KMSecurityTestSupport
import KMTestSupport
import Testing

@testable import KMSecurity

/// Discarding a key releases its public and private key, so that their memory is erased once nothing else holds them.
@Suite struct CryptoKeyTests {
    @Test func discardingAKeyReleasesItsPublicAndPrivateKey() throws {
        let key = try ClientAndServer().clientKey
        #expect(key.encryptionKey != nil && key.decryptionKey != nil)
        let inactive = key.with(state: .inactive)
        #expect(inactive.encryptionKey != nil && inactive.decryptionKey != nil)
        let discarded = key.with(state: .discarded)
        #expect(discarded.encryptionKey == nil && discarded.decryptionKey == nil)
        // Discarding is final: activating the key does not restore them.
        #expect(discarded.with(state: .active).decryptionKey == nil)
        let made = try CryptoKey(
            id: key.id,
            encryptionKey: key.encryptionKey,
            decryptionKey: key.decryptionKey,
            state: .discarded,
            issuedAt: key.issuedAt
        )
        #expect(made.encryptionKey == nil && made.decryptionKey == nil)
    }
}
