import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import Testing

/// Changing the keyring or the credentials of a running server or client, which must keep everything else.
@Suite("Changing a running server")
struct ServerChangeTests {
    private let ends: ClientAndServer
    private let newID: CryptoKeyID

    init() throws {
        ends = try ClientAndServer()
        newID = try CryptoKeyID("00000000000000000000000000000002")
    }

    private func client(_ ring: any KeyringSource, caching: DataKeyCaching? = nil) throws -> ClientSecurity {
        try ClientSecurity(
            party: .serviceProvider(ends.accessKey),
            aspID: ends.aspID,
            secretKey: ends.secretKey,
            keyring: ring,
            configuration: .init(dataKeyCaching: caching),
            clock: ends.clock.now
        )
    }

    @Test("After a keyring change, the new key opens requests and replays are still rejected")
    func anotherRing() async throws {
        let log = CapturedLog()
        let keyring = LiveKeyring(try CryptoKeyring([ends.serverKey], primary: nil))
        let server = try ends.server(
            keyring: keyring,
            limits: ParameterLimits(maximumBodyByteCount: 2000),
            logger: log.logger
        )
        let old = try ends.client().seal(ClientAndServer.parameters)
        let oldCall = try await server.open(old)

        let fresh = try client(CryptoKeyring(primary: ClientAndServer.clientKey(newID)))
        let request = try fresh.seal(ClientAndServer.parameters)
        await #expect(throws: KMError(.keyUnknown)) { try await server.open(request) }
        try keyring.update { try $0.adding(ClientAndServer.serverKey(newID)) }
        #expect(server.keyring.keys.count == 2)
        await #expect(throws: KMError(.replayed)) { try await server.open(old) }
        let call = try await server.open(request)
        let reply = try server.seal(ClientAndServer.parameters, answering: call)
        #expect(
            try await fresh.open(reply.headers, reply.body, answering: request).parameters == ClientAndServer.parameters
        )
        // A call in progress continues with the keyring with which it began.
        try keyring.update { try $0.setting(.discarded, of: ends.keyID) }
        let late = try server.seal(ClientAndServer.parameters, answering: oldCall)
        let opened = try await ends.client().open(late.headers, late.body, answering: old)
        #expect(opened.parameters == ClientAndServer.parameters)
        await #expect(throws: KMError(.keyNotActive)) {
            try await server.open(ends.client().seal(ClientAndServer.parameters))
        }
        // A failed update changes nothing.
        #expect(throws: KMError(.keyringInvalid)) { try keyring.update { try $0.adding(ends.serverKey) } }
        #expect(server.keyring.keys.count == 2)

        // The clock, the limits and the log are kept.
        let large = Array("[\"\(String(repeating: "x", count: 3000))\"]".utf8)
        await #expect(throws: KMError(.limitExceeded)) { try await server.open(ends.client().seal(large)) }
        #expect(log.records.count == 6)
        ends.clock.set(ClientAndServer.start + 10_000)
        var draft = ends.draft()
        draft.cryptoKeyID = newID.text
        await #expect(throws: KMError(.tokenStale)) { try await server.open(draft) }
    }

    @Test("After a change of credentials, new secrets are accepted and replays are still rejected")
    func otherCredentials() async throws {
        let credentials = LiveCredentials(ends.credentials(ends.secretKey))
        let server = try ends.server(credentials: credentials, replayRetention: .seconds(3600))
        let seen = try ends.client().seal(ClientAndServer.parameters)
        _ = try await server.open(seen)
        let secret = try ClientAndServer.secretKey("another secret of thirty-two bytes")
        let request = try ends.client(secretKey: secret).seal(ClientAndServer.parameters)
        await #expect(throws: KMError(.tokenMismatch)) { try await server.open(request) }
        credentials.replace(
            by: StaticCredentials([
                .accessKey(ends.accessKey): [
                    Credential(name: "new", insecureForAnyAspID: secret, cryptoKeyIDs: .insecureAny),
                    Credential(name: "old", insecureForAnyAspID: ends.secretKey, cryptoKeyIDs: .insecureAny),
                ]
            ])
        )
        await #expect(throws: KMError(.replayed)) { try await server.open(seen) }
        #expect(try await server.open(request).credentialName == "new")
        // The server keeps its clock and its replay memory.
        ends.clock.set(ClientAndServer.start + 299)
        await #expect(throws: KMError(.replayed)) { try await server.open(seen) }
        await #expect(throws: KMError(.replayed)) { try await server.open(request) }
        ends.clock.set(ClientAndServer.start + 301)
        await #expect(throws: KMError(.tokenStale)) { try await server.open(ends.draft()) }
        ends.clock.set(ClientAndServer.start)
        credentials.replace(by: StaticCredentials([Caller: [Credential]]()))
        await #expect(throws: KMError(.callerUnknown)) { try await server.open(ends.draft()) }
    }

    @Test("After a keyring change, a client still caches content keys, but uses none from before the change")
    func anotherClientRing() async throws {
        let server = try ends.server(
            keyring: CryptoKeyring([ends.serverKey], primary: nil).adding(ClientAndServer.serverKey(newID))
        )
        let keyring = LiveKeyring(try CryptoKeyring(primary: ends.clientKey))
        let client = try client(keyring, caching: DataKeyCaching())
        func encryptedKey(_ request: SealedRequest) -> [UInt8] {
            Array(request.body.split(separator: UInt8(ascii: "."))[1])
        }
        var requests = try (0..<2).map { _ in try client.seal(ClientAndServer.parameters) }
        try keyring.update { try $0.adding(ClientAndServer.clientKey(newID)).makingPrimary(newID) }
        requests += try (0..<2).map { _ in try client.seal(ClientAndServer.parameters) }
        #expect(requests.map(\.requestHeaders.cryptoKeyID) == [ends.keyID, ends.keyID, newID, newID])
        #expect(encryptedKey(requests[0]) == encryptedKey(requests[1]))
        #expect(encryptedKey(requests[2]) == encryptedKey(requests[3]))
        #expect(encryptedKey(requests[0]) != encryptedKey(requests[2]))
        for request in requests {
            let call = try await server.open(request)
            let reply = try server.seal(ClientAndServer.parameters, answering: call)
            await #expect(
                try client.open(reply.headers, reply.body, answering: request).parameters == ClientAndServer.parameters
            )
        }
        // A client without a cache still has none.
        let uncached = try self.client(LiveKeyring(CryptoKeyring(primary: ends.clientKey)))
        let two = try (0..<2).map { _ in encryptedKey(try uncached.seal(ClientAndServer.parameters)) }
        #expect(two[0] != two[1])
    }

    @Test("A discarded key that is restored without its RSA keys keeps its id and its state")
    func restoredDiscardedKey() async throws {
        let key = CryptoKey(discarded: ends.keyID, issuedAt: ClientAndServer.start)
        #expect(key.state == .discarded)
        #expect(key.issuedAt == ClientAndServer.start)
        let ring = try CryptoKeyring([key, ClientAndServer.serverKey(newID)], primary: nil)
        #expect(throws: KMError(.keyringInvalid)) { try ring.adding(ends.serverKey) }
        #expect(throws: KMError(.keyringInvalid)) { try ring.makingPrimary(ends.keyID) }
        #expect(throws: KMError(.keyNotActive)) { try ring.setting(.active, of: ends.keyID) }
        #expect(throws: KMError(.keyringInvalid)) { try CryptoKeyring(primary: key) }
        #expect(ring.firstIssued?.id == newID)
        let server = try ends.server(keyring: ring)
        await #expect(throws: KMError(.keyNotActive)) {
            try await server.open(ends.client().seal(ClientAndServer.parameters))
        }
        #expect(throws: KMError(.keyNotActive)) {
            try ParameterCipher(keyring: ring).seal(ClientAndServer.parameters, .message, under: ends.keyID, at: .now)
        }
    }

    @Test("A keyring without a primary key allows every step of a rotation")
    func answeringRing() async throws {
        let ring = try CryptoKeyring([ends.serverKey], primary: nil).adding(ClientAndServer.serverKey(newID))
        let inactive = try ring.setting(.inactive, of: ends.keyID)
        let server = try ends.server(keyring: inactive)
        let request = try ends.client().seal(ClientAndServer.parameters)
        let reply = try server.seal(ClientAndServer.parameters, answering: await server.open(request))
        let opened = try await ends.client().open(reply.headers, reply.body, answering: request)
        #expect(opened.parameters == ClientAndServer.parameters)
        let discarded = try ends.server(keyring: inactive.setting(.discarded, of: ends.keyID))
        await #expect(throws: KMError(.keyNotActive)) {
            try await discarded.open(ends.client().seal(ClientAndServer.parameters))
        }
    }
}
