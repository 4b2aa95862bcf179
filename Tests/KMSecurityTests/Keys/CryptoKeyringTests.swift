import Foundation
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

@Suite struct CryptoKeyringTests {
    private let ends: ClientAndServer

    init() throws {
        ends = try ClientAndServer()
    }

    private func key(_ text: String, after seconds: TimeInterval = 0, state: CryptoKey.State = .active) throws
        -> CryptoKey
    {
        let id = try CryptoKeyID(String(repeating: text, count: 32))
        return try CryptoKey(
            id: id,
            encryptionKey: TestKeys.first().publicKey,
            decryptionKey: TestKeys.second(),
            state: state,
            issuedAt: ends.now + seconds
        )
    }

    @Test func onlyAKeyThatEncryptsCanBePrimary() throws {
        #expect(try CryptoKeyring(primary: key("a")).primaryID == key("a").id)
        let privateKeyOnly = try CryptoKey(id: ends.keyID, decryptionKey: TestKeys.first())
        for key in [try key("a", state: .inactive), try key("a", state: .discarded), privateKeyOnly] {
            #expect(rejection { try CryptoKeyring(primary: key) } == .keyringInvalid)
        }
    }

    @Test func theFirstIssuedOfSeveralActiveKeysRequiresTheirIssueTimes() throws {
        let (a, b) = (try key("a", after: 5), try key("b", after: 3))
        let undated = try CryptoKey(id: ends.keyID, decryptionKey: TestKeys.first())
        #expect(try CryptoKeyring([a, b], primary: nil).firstIssued?.id == b.id)
        #expect(try CryptoKeyring([undated], primary: nil).firstIssued?.id == undated.id)
        #expect(try CryptoKeyring([a, undated], primary: nil).firstIssued == nil)
        #expect(
            try CryptoKeyring([a, undated], primary: nil).setting(.inactive, of: undated.id).firstIssued?.id == a.id
        )
        #expect(try CryptoKeyring([a, undated, b], primary: nil).keys.map(\.id) == [undated.id, b.id, a.id])
    }

    @Test func aKeyWithoutAPublicOrPrivateKeyIsRejected() {
        #expect(rejection { try CryptoKey(id: ends.keyID, issuedAt: ends.now) } == .keyHalfMissing)
    }

    @Test func duplicateIDsAreRejected() throws {
        let (a, b) = (try key("a"), try key("b"))
        #expect(rejection { try CryptoKeyring([a, b, a], primary: nil) } == .keyringInvalid)
        #expect(rejection { try CryptoKeyring(primary: a).adding(key("a", after: 5)) } == .keyringInvalid)
        #expect(
            rejection { try CryptoKeyring([key("a", state: .discarded)], primary: nil).adding(a) } == .keyringInvalid
        )
        // Ids are case-sensitive.
        #expect(rejection { try CryptoKeyring([a, key("A")], primary: nil) } == nil)
    }

    @Test func thePrimaryKeyMustEncrypt() throws {
        let (a, b) = (try key("a"), try key("b"))
        let half = try CryptoKey(id: ends.keyID, decryptionKey: TestKeys.first(), issuedAt: ends.now)
        #expect(try CryptoKeyring([a, b], primary: b.id).primaryID == b.id)
        #expect(rejection { try CryptoKeyring([a], primary: b.id) } == .keyringInvalid)
        #expect(rejection { try CryptoKeyring([], primary: a.id) } == .keyringInvalid)
        #expect(rejection { try CryptoKeyring([half], primary: half.id) } == .keyringInvalid)
        for state in [CryptoKey.State.inactive, .discarded] {
            #expect(rejection { try CryptoKeyring([key("a", state: state)], primary: a.id) } == .keyringInvalid)
        }
        let ring = try CryptoKeyring([a, key("b", state: .inactive)], primary: a.id)
        #expect(rejection { try ring.makingPrimary(b.id) } == .keyringInvalid)
        #expect(rejection { try ring.makingPrimary(key("c").id) } == .keyringInvalid)
        #expect(try ring.makingPrimary(nil).primaryID == nil)
    }

    @Test func thePrimaryKeyCannotBeDeactivatedOrDiscarded() throws {
        let (a, b) = (try key("a"), try key("b"))
        let ring = try CryptoKeyring([a, b], primary: a.id)
        #expect(rejection { try ring.setting(.inactive, of: a.id) } == .keyringInvalid)
        #expect(rejection { try ring.setting(.discarded, of: a.id) } == .keyringInvalid)
        #expect(try ring.setting(.active, of: a.id).primaryID == a.id)
        let moved = try ring.makingPrimary(b.id).setting(.inactive, of: a.id)
        #expect(try moved.key(a.id).state == .inactive)
        #expect(try moved.setting(.active, of: a.id).key(a.id).state == .active)
        // The original keyring is unchanged.
        #expect(try ring.key(a.id).state == .active)
        #expect(ring.primaryID == a.id)
    }

    @Test func discardingIsFinal() throws {
        let a = try key("a")
        let ring = try CryptoKeyring([a, key("b")], primary: key("b").id).setting(.discarded, of: a.id)
        for state in CryptoKey.State.allCases {
            #expect(rejection { try ring.setting(state, of: a.id) } == .keyNotActive)
        }
        #expect(rejection { try ring.makingPrimary(a.id) } == .keyringInvalid)
        #expect(try ring.key(a.id).state == .discarded)
    }

    @Test func unknownIDsAreRejected() throws {
        let ring = try CryptoKeyring(primary: key("a"))
        let unknown = try key("b").id
        #expect(rejection { try ring.key(unknown) } == .keyUnknown)
        #expect(rejection { try ring.setting(.inactive, of: unknown) } == .keyUnknown)
        #expect(rejection { try CryptoKeyring([], primary: nil).key(unknown) } == .keyUnknown)
    }

    @Test func keysAreOrderedByIssueTime() throws {
        let keys = [try key("c", after: 1), try key("a", after: 2), try key("b", after: 0, state: .inactive)]
        let ring = try CryptoKeyring(keys, primary: nil)
        #expect(ring.keys.map(\.id) == [keys[2].id, keys[0].id, keys[1].id])
        #expect(ring.firstIssued?.id == keys[0].id)
        #expect(try ring.setting(.active, of: keys[2].id).firstIssued?.id == keys[2].id)
        #expect(try CryptoKeyring([], primary: nil).firstIssued == nil)
        #expect(try CryptoKeyring([key("a", state: .discarded)], primary: nil).firstIssued == nil)
        // Keys with the same issue time are ordered by id.
        let twins = try CryptoKeyring([key("e"), key("d")], primary: nil)
        #expect(twins.firstIssued?.id.text.first == "d")
    }

    /// Runs the rotation that the documentation describes, step by step.
    @Test func aRotationFollowsTheDocumentedSteps() throws {
        let (old, new) = (try key("a"), try key("b", after: 1))
        var ring = try CryptoKeyring(primary: old).adding(new)
        #expect(ring.primaryID == old.id)
        ring = try ring.makingPrimary(new.id)
        ring = try ring.setting(.inactive, of: old.id)
        #expect(ring.firstIssued?.id == new.id)
        ring = try ring.setting(.discarded, of: old.id)
        #expect(ring.primaryID == new.id)
        #expect(ring.keys.map(\.state) == [.discarded, .active])
    }

    @Test func aKeyringPrintsOnlyIDsAndStates() throws {
        let ring = try CryptoKeyring([key("a"), key("b", after: 1, state: .inactive)], primary: key("a").id)
        let (a, b) = (String(repeating: "a", count: 32), String(repeating: "b", count: 32))
        #expect("\(ring)" == "CryptoKeyring(\(a) active primary, \(b) inactive)")
        let der = try TestKeys.second().insecurePKCS8DER().exposed
        #expect(!shows(printings(of: ring), der))
        #expect(!shows(printings(of: try key("a")), der))
    }

    @Test func concurrentUpdatesOfALiveKeyringAreAllKept() async throws {
        let live = LiveKeyring(try CryptoKeyring([], primary: nil))
        let pair = try TestKeys.first()
        let ids = try (0..<64).map { _ in try CryptoKeyID.random() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for id in ids {
                group.addTask {
                    // The closure can read the keyring that it replaces.
                    try live.update { ring in
                        _ = live.keyring
                        return try ring.adding(CryptoKey(id: id, decryptionKey: pair))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(Set(live.keyring.keys.map(\.id)) == Set(ids))
        #expect(rejection { try live.update { try $0.makingPrimary(ids[0]) } } == .keyringInvalid)
        #expect(live.keyring.keys.count == 64)
    }
}
