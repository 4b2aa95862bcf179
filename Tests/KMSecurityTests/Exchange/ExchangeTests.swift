import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

/// Whole calls, from client to server and back.
@Suite struct ExchangeTests {
    /// The API page's example request, with the largest userId and with white space that no encoder writes.
    static let request = """
        { "userId" : 9999999999999999999,
          "physicalCardNo":"9491339401250765", "physicalCardExpDate":"2712","physicalCardCVC":"123" }

        """
    static let response = #"{"issuedCardList":[{"cardApplyNo":"2022110800000000000001","values":{"balance":1.50}}]}"#

    private let ends: ClientAndServer

    init() throws {
        ends = try ClientAndServer()
    }

    @Test(arguments: WireProfile.all, [Protection.none, .message])
    func requestAndResponseArriveUnchanged(profile: WireProfile, protection: Protection) async throws {
        let (client, server) = (try ends.client(profile), try ends.server(profile))
        let request = try client.seal(Self.request.bytes, protection: protection)
        #expect((request.body == Self.request.bytes) == (protection == .none))
        #expect(request.headers[.kmTranToken]?.utf8.count == (profile == .documented ? 66 : 67))
        #expect(request.headers[.kmCryptoKeyID] == ClientAndServer.keyText)

        let call = try await server.open(request.headers, request.body, protection: protection)
        #expect(call.parameters == Self.request.bytes)
        #expect(call.headers.aspID == ends.aspID)
        #expect(call.headers.correlationID == request.requestHeaders.correlationID)

        let reply = try server.seal(Self.response.bytes, answering: call, protection: protection)
        #expect((reply.body == Self.response.bytes) == (protection == .none))
        let opened = try await client.open(reply.headers, reply.body, answering: request, protection: protection)
        #expect(opened.parameters == Self.response.bytes)
        #expect(opened.headers.correlationID == request.requestHeaders.correlationID)
    }

    /// Checks that sealing and opening use message-level encryption unless the caller asks for another protection.
    @Test func messageLevelEncryptionIsTheDefault() async throws {
        let (client, server) = (try ends.client(), try ends.server())
        for request in [try client.seal("[1]".bytes), try await client.seal(encoding: [1])] {
            #expect(request.body.starts(with: #"{"encData":"#.utf8))
            let call = try await server.open(request.headers, request.body)
            #expect(try call.decode([Int].self) == [1])
            for reply in [
                try server.seal("[2]".bytes, answering: call), try server.seal(encoding: [2], answering: call),
            ] {
                #expect(try await client.open(reply.headers, reply.body, answering: request).decode([Int].self) == [2])
            }
        }
    }

    /// Checks that a receiver accepts both wire profiles, whichever one it sends.
    @Test func receiversAcceptBothWireProfiles() async throws {
        for (ours, theirs) in [(WireProfile.documented, WireProfile.gateway), (.gateway, .documented)] {
            let (client, server) = (try ends.client(ours), try ends.server(theirs))
            let request = try client.seal(Self.request.bytes, protection: .message)
            let call = try await server.open(request.headers, request.body)
            let reply = try server.seal(Self.response.bytes, answering: call)
            #expect(
                try await client.open(reply.headers, reply.body, answering: request).parameters == Self.response.bytes
            )
        }
    }

    /// A request may be plain and its response encrypted, and the other way round.
    @Test func requestAndResponseProtectionAreIndependent() async throws {
        let (client, server) = (try ends.client(), try ends.server())
        for (there, back) in [(Protection.none, Protection.message), (.message, .none)] {
            let request = try client.seal(Self.request.bytes, protection: there)
            let call = try await server.open(request.headers, request.body, protection: there)
            let reply = try server.seal(Self.response.bytes, answering: call, protection: back)
            let opened = try await client.open(reply.headers, reply.body, answering: request, protection: back)
            #expect(opened.parameters == Self.response.bytes)
        }
    }

    @Test func aRequestWithoutABodyIsAcceptedWhereAllowed() async throws {
        let ring = try CryptoKeyring([], primary: nil)
        let request = try ends.client(keyring: ring).seal([], protection: .none)
        #expect(request.headers[.kmCryptoKeyID] == nil)
        let now = ends.now
        let server = try ServerSecurity(
            credentials: StaticCredentials(insecureForAnyAspIDAndCryptoKey: [ends.accessKey: [ends.secretKey]]),
            keyring: ring,
            configuration: .init(replayRetention: .seconds(3600), insecureAllowingEmptyBodies: true),
            clock: { now }
        )
        let call = try await server.open(request.headers, [], protection: .none)
        #expect(call.parameters.isEmpty)
    }

    @Test func theRequestHeadersMatchTheAPIPage() throws {
        let fields = try ends.client().seal("{}".bytes, protection: .message).headers
        #expect(fields[.kmUserAspID] == "000170000000000")
        #expect(fields[.kmTranTime] == "20270305213456")
        #expect(fields[.kmTimeZone] == "KST")
        #expect(fields[.kmAccessKey] == ends.accessKey.text)
        #expect(fields[.kmCorrelationID]?.hasPrefix("270305213456-") == true)
        #expect(fields[.kmTranToken]?.hasPrefix("KMV1:20270305213456789:") == true)
        #expect(fields.count == 7)
        let lengths = fields.map(\.value.utf8.count).sorted()
        #expect(lengths == [3, 14, 15, 20, 32, 40, 66])
    }

    /// Checks that the token authenticates the body as it is sent, which may be encrypted.
    @Test func theTokenAuthenticatesTheBodyAsSent() throws {
        for protection in [Protection.none, .message] {
            let request = try ends.client().seal(Self.request.bytes, protection: protection)
            let token = try TranToken(try #require(request.headers[.kmTranToken]))
            let verifier = TranTokenVerifier(ends.secretKey)
            #expect(rejection { try verifier.verify(token, body: request.body, timeZone: .kst, at: ends.now) } == nil)
        }
    }

    @Test func severalSecretKeysAreAcceptedDuringARotation() async throws {
        let new = try SecretKey(SecretBytes("the new one"))
        let other = try SecretKey(SecretBytes("another"))
        let request = try ends.client(secretKey: new).seal("{}".bytes, protection: .none)
        for keys in [[ends.secretKey, new], [new, ends.secretKey], [new]] {
            let call = try await ends.server(
                credentials: StaticCredentials(insecureForAnyAspIDAndCryptoKey: [ends.accessKey: keys])
            ).open(request.headers, request.body, protection: .none)
            #expect(call.parameters == "{}".bytes)
        }
        let code = await rejection {
            try await ends.server(credentials: ends.credentials(ends.secretKey, other)).open(
                request.headers,
                request.body,
                protection: .none
            )
        }
        #expect(code == .tokenMismatch)
    }

    @Test func errorRepliesEchoOnlyAValidCorrelationID() async throws {
        let server = try ends.server()
        let request = try ends.client().seal("{}".bytes, protection: .message)
        let reply = server.reject(.notFoundIssuedCards, answering: request.headers)
        #expect(reply.headers[.kmCorrelationID] == request.headers[.kmCorrelationID])
        #expect(reply.headers.count == 1)
        #expect(try PlatformError(parsing: reply.body) == .notFoundIssuedCards)
        // A malformed correlation id is not echoed.
        for id in [nil, "", "x", "<script>alert(1)</script>"] as [String?] {
            let reply = server.reject(.invalidInputParameter, answering: request.headers.with(.kmCorrelationID, id))
            #expect(reply.headers == [:])
        }
        // A client that expects encrypted parameters rejects an error reply.
        let code = await rejection { try await ends.client().open(reply.headers, reply.body, answering: request) }
        #expect(code == .protectionRequired)
    }

    /// Checks that one client and one server can handle many calls at the same time.
    @Test func concurrentCallsDoNotAffectEachOther() async throws {
        let (client, server) = (try ends.client(), try ends.server())
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<10 {
                        let text = "{\"userId\":\(task * 100 + number)}".bytes
                        let request = try client.seal(text, protection: .message)
                        let call = try await server.open(request.headers, request.body)
                        let reply = try server.seal(call.parameters, answering: call)
                        let opened = try await client.open(reply.headers, reply.body, answering: request)
                        guard opened.parameters == text else { return false }
                    }
                    return true
                }
            }
            for try await same in group { #expect(same) }
        }
    }
}
