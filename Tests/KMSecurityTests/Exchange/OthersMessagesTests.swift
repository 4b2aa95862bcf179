import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

/// Requests that are sent again with another provider's key id, under another endpoint rule or in another form.
@Suite("Misused messages")
struct OthersMessagesTests {
    private let ends: ClientAndServer

    init() throws {
        ends = try ClientAndServer()
    }

    @Test("A request that names another provider's crypto key is rejected")
    func anothersKey() async throws {
        let others = Set([try CryptoKeyID(String(repeating: "0", count: 32))])
        for (allowed, expected) in [
            (.only(others), .keyUnknown), (.only(others.union([ends.keyID])), nil), ([ends.keyID], nil),
            ([], .keyUnknown), (.insecureAny, nil),
        ] as [(Credential.CryptoKeyIDs, KMError.Code?)] {
            let server = try ends.server(
                credentials: StaticCredentials([
                    .accessKey(ends.accessKey): [
                        Credential(secretKey: ends.secretKey, aspID: ends.aspID, cryptoKeyIDs: allowed)
                    ]
                ])
            )
            let draft = ends.draft(try ends.client().seal(ClientAndServer.parameters, protection: .message).body)
            #expect(try await server.rejection(draft, protection: .message) == expected)
        }
    }

    @Test("A replayed encrypted body is rejected at an endpoint that accepts plain ones too")
    func copiesAtAnOptionalEndpoint() async throws {
        let optional = Endpoint(
            "/test",
            request: .init(insecureAcceptingPlain: .message),
            response: .init(.message)
        )
        let server = try ends.server()
        var draft = ends.draft(try ends.client().seal(ClientAndServer.parameters, protection: .message).body)
        _ = try await server.open(draft.fields(), draft.body, for: optional)
        draft.correlationID = "270305123456-0a1b2c4"
        await #expect(throws: KMError(.replayed)) {
            try await server.open(draft.fields(), draft.body, for: optional)
        }
        await #expect(throws: KMError(.replayed)) {
            try await server.open(draft.fields(), draft.body, for: .test(.message))
        }
    }

    @Test("A rejected request takes no room in the replay guard and does not block the genuine one")
    func rejectedRequestsClaimNothing() async throws {
        let replayGuard = InMemoryReplayGuard(capacity: 1)
        let server = try ends.server(replayGuard: replayGuard)
        #expect(try await server.rejection(ends.draft([]), protection: .none) == .emptyBody)
        let draft = ends.draft(try ends.client().seal(ClientAndServer.parameters, protection: .message).body)
        var forged = draft
        forged.cryptoKeyID = String(repeating: "0", count: 32)
        #expect(try await server.rejection(forged, protection: .message) == .keyUnknown)
        #expect(replayGuard.count == 0)
        #expect(try await server.rejection(draft, protection: .message) == nil)
    }

    @Test("A field is rejected as a message")
    func fieldAsMessage() async throws {
        let server = try ends.server()
        let byField = try ends.client().seal(ClientAndServer.parameters, protection: .fields("$.physicalCardNo"))
        let text = String(decoding: byField.body, as: UTF8.self)
        let field = try #require(text.split(separator: "\"").first { $0.hasPrefix("eyJ") })
        let draft = ends.draft(Array(#"{"encData":"\#(field)"}"#.utf8))
        #expect(try await server.rejection(draft, protection: .message) == .fieldMismatch)
    }

    @Test("An encrypted request is remembered for the configured retention")
    func retention() async throws {
        let clock = ends.clock
        let server = try ServerSecurity(
            credentials: ends.credentials(ends.secretKey),
            keyring: CryptoKeyring([ends.serverKey], primary: nil),
            configuration: .init(replayRetention: .seconds(86_400)),
            clock: clock.now
        )
        var draft = ends.draft(try ends.client().seal(ClientAndServer.parameters, protection: .message).body)
        #expect(try await server.rejection(draft, protection: .message) == nil)
        clock.set(ClientAndServer.start.addingTimeInterval(7200))
        draft.setTime("20270305143456789")
        draft.correlationID = "270305143456-0a1b2c3"
        #expect(try await server.rejection(draft, protection: .message) == .replayed)
    }
}
