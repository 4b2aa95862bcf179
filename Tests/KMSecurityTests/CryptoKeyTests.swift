import Foundation
import KMTestSupport
import Testing

@testable import KMSecurity

/// A discarded key's halves are not kept, so that their memory is cleansed when nothing else holds them.
@Suite struct CryptoKeyTests {
    @Test func discardingLetsGoOfTheHalves() throws {
        let key = try World().clientKey
        #expect(key.encryptionKey != nil && key.decryptionKey != nil)
        let inactive = key.with(state: .inactive)
        #expect(inactive.encryptionKey != nil && inactive.decryptionKey != nil)
        let discarded = key.with(state: .discarded)
        #expect(discarded.encryptionKey == nil && discarded.decryptionKey == nil)
        // For good: nothing brings them back.
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
