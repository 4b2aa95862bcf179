import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

/// Calls from the platform to a service provider, which have no access key and use the first key issued.
@Suite("Callbacks")
struct CallbackTests {
    private let ends: ClientAndServer
    private let firstID: CryptoKeyID
    private let newestID: CryptoKeyID

    init() throws {
        ends = try ClientAndServer()
        firstID = try CryptoKeyID("ffffffffffffffffffffffffffffffff")
        newestID = try CryptoKeyID("00000000000000000000000000000000")
    }

    private func issued(_ days: Double) -> Date { ClientAndServer.start.addingTimeInterval(days * 86_400) }

    /// Returns the platform's client, whose primary key is the newest one.
    private func platform(_ first: CryptoKey.State = .active) throws -> ClientSecurity {
        let ring = try CryptoKeyring(
            [
                ClientAndServer.clientKey(newestID, issuedAt: issued(-1)),
                ClientAndServer.clientKey(firstID, issuedAt: issued(-200)),
            ],
            primary: newestID
        )
        return try ClientSecurity(
            party: .platform,
            aspID: ends.aspID,
            secretKey: ends.secretKey,
            keyring: ring.setting(first, of: firstID),
            clock: ends.clock.now
        )
    }

    private func provider(
        primary: CryptoKeyID?,
        credentials: (any CredentialSource)? = nil,
        replayGuard: any ReplayGuard = .inMemory()
    ) throws -> ServerSecurity {
        let ring = try CryptoKeyring(
            [
                ClientAndServer.serverKey(newestID, issuedAt: issued(-1)),
                ClientAndServer.serverKey(firstID, issuedAt: issued(-200)),
            ],
            primary: primary
        )
        let own = StaticCredentials([
            .callback(ends.aspID): [
                Credential(name: "callback", insecureForAnyAspID: ends.secretKey, cryptoKeyIDs: .insecureAny)
            ]
        ]
        )
        return try ends.server(
            party: .serviceProvider,
            credentials: credentials ?? own,
            keyring: ring,
            replayGuard: replayGuard
        )
    }

    @Test("A callback and its response are encrypted under the first key issued")
    func thereAndBack() async throws {
        let platform = try platform()
        let request = try await platform.seal(ClientAndServer.parameters, for: .waitingPhysicalCards)
        #expect(request.headers[.kmCryptoKeyID] == firstID.text)
        #expect(request.headers[.kmAccessKey] == nil)
        let credentials = CountingCredentials([
            .callback(ends.aspID): [Credential(insecureForAnyAspID: ends.secretKey, cryptoKeyIDs: .insecureAny)]
        ])
        let provider = try provider(primary: newestID, credentials: credentials)
        let call = try await provider.open(request.headers, request.body, for: .waitingPhysicalCards)
        #expect(call.parameters == ClientAndServer.parameters)
        #expect(credentials.callers == [.callback(ends.aspID)])
        let reply = try provider.seal(call.parameters, answering: call)
        #expect(reply.headers[.kmCryptoKeyID] == firstID.text)
        await #expect(
            try platform.open(reply.headers, reply.body, answering: request).parameters == ClientAndServer.parameters
        )
    }

    @Test("An inactive or discarded key is not used as the first key issued")
    func inactiveFirstKey() throws {
        for state in [CryptoKey.State.inactive, .discarded] {
            let request = try platform(state).seal(ClientAndServer.parameters, protection: .message)
            #expect(request.headers[.kmCryptoKeyID] == newestID.text)
        }
    }

    @Test("A callback that names no key, and its response, use the first key issued", arguments: [true, false])
    func noKeyNamed(hasPrimary: Bool) async throws {
        let platform = try ClientSecurity(
            party: .platform,
            aspID: ends.aspID,
            secretKey: ends.secretKey,
            keyring: CryptoKeyring(primary: ClientAndServer.clientKey(firstID)),
            configuration: .init(profile: .gateway),
            clock: ends.clock.now
        )
        let request = try platform.seal(ClientAndServer.parameters, protection: .message)
        var fields = request.headers
        fields[.kmCryptoKeyID] = nil
        let provider = try provider(primary: hasPrimary ? newestID : nil)
        let call = try await provider.open(fields, request.body, for: .waitingPhysicalCards)
        #expect(call.parameters == ClientAndServer.parameters)
        let reply = try provider.seal(call.parameters, answering: call)
        #expect(reply.headers[.kmCryptoKeyID] == firstID.text)
        await #expect(
            try platform.open(reply.headers, reply.body, answering: request).parameters == ClientAndServer.parameters
        )
    }

    @Test("A request that names no key is rejected, unless it is a callback")
    func callsNameTheirKey() async throws {
        var draft = ends.draft(try ends.client().seal(ClientAndServer.parameters, protection: .message).body)
        draft.cryptoKeyID = nil
        #expect(try await ends.server().rejection(draft, protection: .message) == .headerMissing)
    }

    @Test("A callback with an access key is rejected, and so is another request without one")
    func accessKeys() async throws {
        let request = try await platform().seal(ClientAndServer.parameters, for: .waitingPhysicalCards)
        var fields = request.headers
        fields[.kmAccessKey] = ends.accessKey.text
        let provider = try provider(primary: newestID)
        await #expect(throws: KMError(.headerInvalid)) {
            try await provider.open(fields, request.body, for: .waitingPhysicalCards)
        }
        await #expect(throws: KMError(.headerMissing)) {
            try await ends.server().open(request.headers, request.body)
        }
    }

    @Test("Callback credentials are rejected for requests, and request credentials for callbacks")
    func separateCallers() async throws {
        let callback = try platform().seal(ClientAndServer.parameters, protection: .message)
        let calls = try ends.server()
        await #expect(throws: KMError(.headerMissing)) {
            try await calls.open(callback.headers, callback.body, for: .waitingPhysicalCards)
        }
        let call = try ends.client().seal(ClientAndServer.parameters, protection: .message)
        await #expect(throws: KMError(.headerInvalid)) {
            try await provider(primary: nil).open(call.headers, call.body)
        }
        // With an access key added, the server looks up the credentials of that access key.
        await #expect(throws: KMError(.callerUnknown)) {
            try await calls.open(
                callback.headers.with(.kmAccessKey, String(repeating: "9", count: 40)),
                callback.body,
                for: .waitingPhysicalCards
            )
        }
    }

    @Test("A callback with an unknown ASP id is rejected")
    func foreignAspID() async throws {
        let request = try platform().seal(ClientAndServer.parameters, protection: .message)
        var fields = request.headers
        fields[.kmUserAspID] = "000170000000001"
        let provider = try provider(primary: newestID)
        await #expect(throws: KMError(.callerUnknown)) {
            try await provider.open(fields, request.body, for: .waitingPhysicalCards)
        }
    }

    @Test("A replayed callback is rejected")
    func replay() async throws {
        let request = try platform().seal(ClientAndServer.parameters, protection: .message)
        let provider = try provider(primary: newestID)
        _ = try await provider.open(request.headers, request.body, for: .waitingPhysicalCards)
        await #expect(throws: KMError(.replayed)) {
            try await provider.open(request.headers, request.body, for: .waitingPhysicalCards)
        }
    }

    /// Neither party may guess which of its keys the other one means.
    @Test("With several active keys and one without a time of issue, callbacks fail as a fault of the keyring")
    func undatedKeys() async throws {
        let request = try await platform().seal(ClientAndServer.parameters, for: .waitingPhysicalCards)
        let undated = try CryptoKey(
            id: newestID,
            encryptionKey: TestKeys.first().publicKey,
            decryptionKey: TestKeys.first()
        )
        let ring = try CryptoKeyring([undated, ClientAndServer.serverKey(firstID)], primary: nil)
        let platform = try ClientSecurity(
            party: .platform,
            aspID: ends.aspID,
            secretKey: ends.secretKey,
            keyring: ring
        )
        #expect(await rejection { try await platform.seal([], for: .waitingPhysicalCards) } == .keyringInvalid)
        let own = StaticCredentials([
            .callback(ends.aspID): [Credential(insecureForAnyAspID: ends.secretKey, cryptoKeyIDs: .insecureAny)]
        ])
        let provider = try ends.server(party: .serviceProvider, credentials: own, keyring: ring)
        var fields = request.headers
        fields[.kmCryptoKeyID] = nil
        let response = await provider.respond(to: fields, request.body, for: .waitingPhysicalCards) { $0.parameters }
        #expect(response.status == .internalServerError)
        // A callback that names its key does not need the times.
        #expect(
            try await provider.open(request.headers, request.body, for: .waitingPhysicalCards).headers.aspID
                == ends.aspID
        )
    }
}
