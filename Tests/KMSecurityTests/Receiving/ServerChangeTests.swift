import Foundation
import HTTPTypes
import KMSecurity
import Testing

/// Changing the keyring or the credentials of a running server or client, which must keep everything else.
@Suite("Changing a running server")
struct ServerChangeTests {
    private let scene: ReceivingScene
    private let newID: CryptoKeyID

    init() throws {
        scene = try ReceivingScene()
        newID = try CryptoKeyID("00000000000000000000000000000002")
    }

    private func client(_ ring: any KeyringSource, caching: DataKeyCaching? = nil) throws -> ClientSecurity {
        try ClientSecurity(
            party: .serviceProvider(scene.accessKey),
            aspID: scene.aspID,
            secretKey: scene.secretKey,
            keyring: ring,
            configuration: .init(dataKeyCaching: caching),
            clock: scene.clock.now
        )
    }

    @Test("After a keyring change, the new key opens requests and replays are still rejected")
    func anotherRing() async throws {
        let log = CapturedLog()
        let keyring = LiveKeyring(try CryptoKeyring([scene.serverKey], primary: nil))
        let server = try scene.server(
            keyring: keyring,
            limits: ParameterLimits(maximumBodyByteCount: 2000),
            logger: log.logger
        )
        let old = try scene.client().seal(ReceivingScene.parameters)
        let oldCall = try await server.open(old)

        let fresh = try client(CryptoKeyring(primary: ReceivingScene.clientKey(newID)))
        let request = try fresh.seal(ReceivingScene.parameters)
        await #expect(throws: KMError(.keyUnknown)) { try await server.open(request) }
        try keyring.update { try $0.adding(ReceivingScene.serverKey(newID)) }
        #expect(server.keyring.keys.count == 2)
        await #expect(throws: KMError(.replayed)) { try await server.open(old) }
        let call = try await server.open(request)
        let reply = try server.seal(ReceivingScene.parameters, answering: call)
        #expect(
            try await fresh.open(reply.headers, reply.body, answering: request).parameters == ReceivingScene.parameters
        )
        // A call in progress continues with the keyring with which it began.
        try keyring.update { try $0.setting(.discarded, of: scene.keyID) }
        let late = try server.seal(ReceivingScene.parameters, answering: oldCall)
        let opened = try await scene.client().open(late.headers, late.body, answering: old)
        #expect(opened.parameters == ReceivingScene.parameters)
        await #expect(throws: KMError(.keyNotActive)) {
            try await server.open(scene.client().seal(ReceivingScene.parameters))
        }
        // A failed update changes nothing.
        #expect(throws: KMError(.keyringInvalid)) { try keyring.update { try $0.adding(scene.serverKey) } }
        #expect(server.keyring.keys.count == 2)

        // The clock, the limits and the log are kept.
        let large = Array("[\"\(String(repeating: "x", count: 3000))\"]".utf8)
        await #expect(throws: KMError(.limitExceeded)) { try await server.open(scene.client().seal(large)) }
        #expect(log.records.count == 6)
        scene.clock.set(ReceivingScene.start + 10_000)
        var draft = scene.draft()
        draft.cryptoKeyID = newID.text
        await #expect(throws: KMError(.tokenStale)) { try await server.open(draft) }
    }

    @Test("After a change of credentials, new secrets are accepted and replays are still rejected")
    func otherCredentials() async throws {
        let credentials = LiveCredentials(scene.credentials)
        let server = try scene.server(credentials: credentials)
        let seen = try scene.client().seal(ReceivingScene.parameters)
        _ = try await server.open(seen)
        let secret = try ReceivingScene.secretKey("another secret of thirty-two bytes")
        let request = try scene.client(secretKey: secret).seal(ReceivingScene.parameters)
        await #expect(throws: KMError(.tokenMismatch)) { try await server.open(request) }
        credentials.replace(
            by: StaticCredentials([
                .accessKey(scene.accessKey): [
                    Credential(name: "new", insecureForAnyAspID: secret, cryptoKeyIDs: .insecureAny),
                    Credential(name: "old", insecureForAnyAspID: scene.secretKey, cryptoKeyIDs: .insecureAny),
                ]
            ])
        )
        await #expect(throws: KMError(.replayed)) { try await server.open(seen) }
        #expect(try await server.open(request).credentialName == "new")
        credentials.replace(by: StaticCredentials([Caller: [Credential]]()))
        await #expect(throws: KMError(.callerUnknown)) { try await server.open(scene.draft()) }
    }

    @Test("After a keyring change, a client still caches content keys, but uses none from before the change")
    func anotherClientRing() async throws {
        let server = try scene.server(
            keyring: CryptoKeyring([scene.serverKey], primary: nil).adding(ReceivingScene.serverKey(newID))
        )
        let keyring = LiveKeyring(try CryptoKeyring(primary: scene.clientKey))
        let client = try client(keyring, caching: DataKeyCaching())
        func encryptedKey(_ request: SealedRequest) -> [UInt8] {
            Array(request.body.split(separator: UInt8(ascii: "."))[1])
        }
        var requests = try (0..<2).map { _ in try client.seal(ReceivingScene.parameters) }
        try keyring.update { try $0.adding(ReceivingScene.clientKey(newID)).makingPrimary(newID) }
        requests += try (0..<2).map { _ in try client.seal(ReceivingScene.parameters) }
        #expect(requests.map(\.requestHeaders.cryptoKeyID) == [scene.keyID, scene.keyID, newID, newID])
        #expect(encryptedKey(requests[0]) == encryptedKey(requests[1]))
        #expect(encryptedKey(requests[2]) == encryptedKey(requests[3]))
        #expect(encryptedKey(requests[0]) != encryptedKey(requests[2]))
        for request in requests {
            let call = try await server.open(request)
            let reply = try server.seal(ReceivingScene.parameters, answering: call)
            await #expect(
                try client.open(reply.headers, reply.body, answering: request).parameters == ReceivingScene.parameters
            )
        }
        // A client without a cache still has none.
        let uncached = try self.client(LiveKeyring(CryptoKeyring(primary: scene.clientKey)))
        let two = try (0..<2).map { _ in encryptedKey(try uncached.seal(ReceivingScene.parameters)) }
        #expect(two[0] != two[1])
    }

    @Test("A discarded key that is restored without its RSA keys keeps its id and its state")
    func discardedKeyMadeAgain() async throws {
        let key = CryptoKey(discarded: scene.keyID, issuedAt: ReceivingScene.start)
        #expect(key.state == .discarded)
        #expect(key.issuedAt == ReceivingScene.start)
        let ring = try CryptoKeyring([key, ReceivingScene.serverKey(newID)], primary: nil)
        #expect(throws: KMError(.keyringInvalid)) { try ring.adding(scene.serverKey) }
        #expect(throws: KMError(.keyringInvalid)) { try ring.makingPrimary(scene.keyID) }
        #expect(throws: KMError(.keyNotActive)) { try ring.setting(.active, of: scene.keyID) }
        #expect(throws: KMError(.keyringInvalid)) { try CryptoKeyring(primary: key) }
        #expect(ring.firstIssued?.id == newID)
        let server = try scene.server(keyring: ring)
        await #expect(throws: KMError(.keyNotActive)) {
            try await server.open(scene.client().seal(ReceivingScene.parameters))
        }
        #expect(throws: KMError(.keyNotActive)) {
            try ParameterCipher(keyring: ring).seal(ReceivingScene.parameters, .message, under: scene.keyID, at: .now)
        }
    }

    @Test("A keyring without a primary key allows every step of a rotation")
    func answeringRing() async throws {
        let ring = try CryptoKeyring([scene.serverKey], primary: nil).adding(ReceivingScene.serverKey(newID))
        let inactive = try ring.setting(.inactive, of: scene.keyID)
        let server = try scene.server(keyring: inactive)
        let request = try scene.client().seal(ReceivingScene.parameters)
        let reply = try server.seal(ReceivingScene.parameters, answering: await server.open(request))
        let opened = try await scene.client().open(reply.headers, reply.body, answering: request)
        #expect(opened.parameters == ReceivingScene.parameters)
        let discarded = try scene.server(keyring: inactive.setting(.discarded, of: scene.keyID))
        await #expect(throws: KMError(.keyNotActive)) {
            try await discarded.open(scene.client().seal(ReceivingScene.parameters))
        }
    }
}
