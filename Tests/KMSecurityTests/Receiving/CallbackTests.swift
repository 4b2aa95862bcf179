import Foundation
import HTTPTypes
import KMSecurity
import KMTestSupport
import Testing

/// Calls from the platform to a service provider, which have no access key and use the first key issued.
@Suite("Callbacks")
struct CallbackTests {
    private let scene: ReceivingScene
    private let firstID: CryptoKeyID
    private let newestID: CryptoKeyID

    init() throws {
        scene = try ReceivingScene()
        firstID = try CryptoKeyID("ffffffffffffffffffffffffffffffff")
        newestID = try CryptoKeyID("00000000000000000000000000000000")
    }

    private func issued(_ days: Double) -> Date { ReceivingScene.start.addingTimeInterval(days * 86_400) }

    /// Returns the platform's client, whose primary key is the newest one.
    private func platform(_ first: CryptoKey.State = .active) throws -> ClientSecurity {
        let ring = try CryptoKeyring(
            [
                ReceivingScene.clientKey(newestID, issuedAt: issued(-1)),
                ReceivingScene.clientKey(firstID, issuedAt: issued(-200)),
            ],
            primary: newestID
        )
        return try ClientSecurity(
            party: .platform,
            aspID: scene.aspID,
            secretKey: scene.secretKey,
            keyring: ring.setting(first, of: firstID),
            clock: scene.clock.now
        )
    }

    private func provider(
        primary: CryptoKeyID?,
        credentials: (any CredentialSource)? = nil,
        replayGuard: any ReplayGuard = .inMemory()
    ) throws -> ServerSecurity {
        let ring = try CryptoKeyring(
            [
                ReceivingScene.serverKey(newestID, issuedAt: issued(-1)),
                ReceivingScene.serverKey(firstID, issuedAt: issued(-200)),
            ],
            primary: primary
        )
        let own = StaticCredentials([
            .callback(scene.aspID): [
                Credential(name: "callback", insecureForAnyAspID: scene.secretKey, cryptoKeyIDs: .insecureAny)
            ]
        ]
        )
        return try scene.server(
            party: .serviceProvider,
            credentials: credentials ?? own,
            keyring: ring,
            replayGuard: replayGuard
        )
    }

    @Test("A callback and its response are encrypted under the first key issued")
    func thereAndBack() async throws {
        let platform = try platform()
        let request = try platform.seal(ReceivingScene.parameters, for: .waitingPhysicalCards)
        #expect(request.headers[.kmCryptoKeyID] == firstID.text)
        #expect(request.headers[.kmAccessKey] == nil)
        let credentials = CountingCredentials([
            .callback(scene.aspID): [Credential(insecureForAnyAspID: scene.secretKey, cryptoKeyIDs: .insecureAny)]
        ])
        let provider = try provider(primary: newestID, credentials: credentials)
        let call = try await provider.open(request.headers, request.body, for: .waitingPhysicalCards)
        #expect(call.parameters == ReceivingScene.parameters)
        #expect(credentials.callers == [.callback(scene.aspID)])
        let reply = try provider.seal(call.parameters, answering: call)
        #expect(reply.headers[.kmCryptoKeyID] == firstID.text)
        await #expect(
            try platform.open(reply.headers, reply.body, answering: request).parameters == ReceivingScene.parameters
        )
    }

    @Test("An inactive or discarded key is not used as the first key issued")
    func inactiveFirstKey() throws {
        for state in [CryptoKey.State.inactive, .discarded] {
            let request = try platform(state).seal(ReceivingScene.parameters, protection: .message)
            #expect(request.headers[.kmCryptoKeyID] == newestID.text)
        }
    }

    @Test("A callback that names no key, and its response, use the first key issued", arguments: [true, false])
    func noKeyNamed(hasPrimary: Bool) async throws {
        let platform = try ClientSecurity(
            party: .platform,
            aspID: scene.aspID,
            secretKey: scene.secretKey,
            keyring: CryptoKeyring(primary: ReceivingScene.clientKey(firstID)),
            configuration: .init(profile: .gateway),
            clock: scene.clock.now
        )
        let request = try platform.seal(ReceivingScene.parameters, protection: .message)
        var fields = request.headers
        fields[.kmCryptoKeyID] = nil
        let provider = try provider(primary: hasPrimary ? newestID : nil)
        let call = try await provider.open(fields, request.body, for: .waitingPhysicalCards)
        #expect(call.parameters == ReceivingScene.parameters)
        let reply = try provider.seal(call.parameters, answering: call)
        #expect(reply.headers[.kmCryptoKeyID] == firstID.text)
        await #expect(
            try platform.open(reply.headers, reply.body, answering: request).parameters == ReceivingScene.parameters
        )
    }

    @Test("A request that names no key is rejected, unless it is a callback")
    func callsNameTheirKey() async throws {
        var draft = scene.draft(try scene.client().seal(ReceivingScene.parameters, protection: .message).body)
        draft.cryptoKeyID = nil
        #expect(try await scene.server().rejection(draft, protection: .message) == .headerMissing)
    }

    @Test("A callback with an access key is rejected, and so is another request without one")
    func accessKeys() async throws {
        let request = try platform().seal(ReceivingScene.parameters, for: .waitingPhysicalCards)
        var fields = request.headers
        fields[.kmAccessKey] = scene.accessKey.text
        let provider = try provider(primary: newestID)
        await #expect(throws: KMError(.headerInvalid)) {
            try await provider.open(fields, request.body, for: .waitingPhysicalCards)
        }
        await #expect(throws: KMError(.headerMissing)) {
            try await scene.server().open(request.headers, request.body)
        }
    }

    @Test("Callback credentials are rejected for requests, and request credentials for callbacks")
    func separateCallers() async throws {
        let callback = try platform().seal(ReceivingScene.parameters, protection: .message)
        let calls = try scene.server()
        await #expect(throws: KMError(.headerMissing)) {
            try await calls.open(callback.headers, callback.body, for: .waitingPhysicalCards)
        }
        let call = try scene.client().seal(ReceivingScene.parameters, protection: .message)
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
        let request = try platform().seal(ReceivingScene.parameters, protection: .message)
        var fields = request.headers
        fields[.kmUserAspID] = "000170000000001"
        let provider = try provider(primary: newestID)
        await #expect(throws: KMError(.callerUnknown)) {
            try await provider.open(fields, request.body, for: .waitingPhysicalCards)
        }
    }

    @Test("A replayed callback is rejected")
    func replay() async throws {
        let request = try platform().seal(ReceivingScene.parameters, protection: .message)
        let provider = try provider(primary: newestID)
        _ = try await provider.open(request.headers, request.body, for: .waitingPhysicalCards)
        await #expect(throws: KMError(.replayed)) {
            try await provider.open(request.headers, request.body, for: .waitingPhysicalCards)
        }
    }

    /// Neither party may guess which of its keys the other one means.
    @Test("With several active keys and one without a time of issue, callbacks fail as a fault of the keyring")
    func undatedKeys() async throws {
        let request = try platform().seal(ReceivingScene.parameters, for: .waitingPhysicalCards)
        let undated = try CryptoKey(
            id: newestID,
            encryptionKey: scene.serverPair.publicKey,
            decryptionKey: scene.serverPair
        )
        let ring = try CryptoKeyring([undated, ReceivingScene.serverKey(firstID)], primary: nil)
        let platform = try ClientSecurity(
            party: .platform,
            aspID: scene.aspID,
            secretKey: scene.secretKey,
            keyring: ring
        )
        #expect(rejection { try platform.seal([], for: .waitingPhysicalCards) } == .keyringInvalid)
        let own = StaticCredentials([
            .callback(scene.aspID): [Credential(insecureForAnyAspID: scene.secretKey, cryptoKeyIDs: .insecureAny)]
        ])
        let provider = try scene.server(party: .serviceProvider, credentials: own, keyring: ring)
        var fields = request.headers
        fields[.kmCryptoKeyID] = nil
        let response = await provider.respond(to: fields, request.body, for: .waitingPhysicalCards) { $0.parameters }
        #expect(response.status == .internalServerError)
        // A callback that names its key does not need the times.
        #expect(
            try await provider.open(request.headers, request.body, for: .waitingPhysicalCards).headers.aspID
                == scene.aspID
        )
    }
}
