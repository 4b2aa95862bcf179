import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import Logging
import Testing

/// The log records of accepted and rejected messages.
@Suite("Log records")
struct DecisionLogTests {
    private let ends: ClientAndServer
    private let log = CapturedLog()

    init() throws {
        ends = try ClientAndServer()
    }

    /// Runs an operation that may throw, and returns the one record that it logs.
    private func record(_ decision: () async throws -> Void) async throws -> CapturedLog.Record {
        let count = log.records.count
        try? await decision()
        #expect(log.records.count == count + 1)
        return try #require(log.records.last)
    }

    @Test("Success is logged at debug level, with the ids, the code and the duration")
    func success() async throws {
        let server = try ends.server(logger: log.logger)
        let request = try ends.client().seal(ClientAndServer.parameters, protection: .message)
        let record = try await record { _ = try await server.open(request) }
        #expect(record.level == .debug)
        #expect(Set(record.metadata.keys) == ["km.code", "km.us", "km.correlation-id", "km.key-id", "km.credential"])
        #expect(record.metadata["km.credential"] == "1")
        #expect(record.metadata["km.code"] == "done")
        #expect(record.metadata["km.correlation-id"].map { "\($0)" } == request.headers[.kmCorrelationID])
        #expect(record.metadata["km.key-id"].map { "\($0)" } == ends.keyID.text)
        #expect(record.metadata["km.us"].flatMap { Int("\($0)") }.map { $0 > 0 } == true)
    }

    @Test("A rejection is logged at notice level, with its code")
    func rejection() async throws {
        let server = try ends.server(logger: log.logger)
        var draft = ends.draft()
        draft.secretKey = try ClientAndServer.secretKey("another")
        let record = try await record { _ = try await server.open(draft) }
        #expect(record.level == .notice)
        #expect(record.metadata["km.code"] == "tokenMismatch")
        #expect(record.metadata["km.correlation-id"] == "270305123456-0a1b2c3")
        #expect(record.metadata["km.credential"] == nil)
        #expect(record.metadata["km.claimed"] == "1")
    }

    @Test(
        "The log names the credential once the token is verified, and the candidates before that"
    )
    func credentials() async throws {
        let secrets = try ["first", "second", "third"].map(ClientAndServer.secretKey)
        let past = ClientAndServer.start.addingTimeInterval(-100)...ClientAndServer.start.addingTimeInterval(-50)
        let source = StaticCredentials([
            .accessKey(ends.accessKey): [
                Credential(name: "old", insecureForAnyAspID: secrets[0], cryptoKeyIDs: .insecureAny, validity: past),
                Credential(name: "", insecureForAnyAspID: secrets[1], cryptoKeyIDs: .insecureAny),
                Credential(name: "new", insecureForAnyAspID: secrets[2], cryptoKeyIDs: .insecureAny),
            ]
        ])
        let server = try ends.server(credentials: source, logger: log.logger)
        func logged(_ change: (inout RequestDraft) throws -> Void) async throws -> [String?] {
            var draft = ends.draft()
            try change(&draft)
            let record = try await record { _ = try await server.open(draft) }
            #expect(!record.text.contains(ends.accessKey.text))
            return ["km.code", "km.credential", "km.claimed"].map { key in record.metadata[key].map { "\($0)" } }
        }
        #expect(try await logged { $0.secretKey = secrets[2] } == ["done", "new", nil])
        #expect(try await logged { $0.secretKey = secrets[2] } == ["replayed", "new", nil])
        #expect(try await logged { $0.secretKey = secrets[1] } == ["done", nil, nil])
        #expect(try await logged { $0.secretKey = secrets[0] } == ["credentialNotValid", "old", nil])
        #expect(try await logged { _ in } == ["tokenMismatch", nil, "old, new"])
        #expect(
            try await logged {
                $0.secretKey = secrets[2]
                $0.setTime("20270305110000000")
            } == ["tokenStale", "new", nil]
        )
        #expect(try await logged { $0.accessKey = String(repeating: "b", count: 40) } == ["callerUnknown", nil, nil])
        #expect(try await logged { $0.tranTime = nil } == ["headerMissing", nil, nil])
    }

    @Test("A full replay guard is logged at error level")
    func fullGuard() async throws {
        let server = try ends.server(replayGuard: CountingGuard(.full(limit: 1)), logger: log.logger)
        let record = try await record { _ = try await server.open(ends.draft()) }
        #expect(record.level == .error)
        #expect(record.metadata["km.code"] == "replayGuardFull")
    }

    @Test("Only the type of an error from outside the package is logged")
    func foreignError() async throws {
        let server = try ends.server(replayGuard: CountingGuard(nil), logger: log.logger)
        let record = try await record { _ = try await server.open(ends.draft()) }
        #expect(record.level == .error)
        #expect(record.metadata["km.code"] == "Outage")
        #expect(!record.text.contains("the store said"))
        #expect(record.metadata["km.detail"] == nil)
    }

    @Test("A malformed id is not logged")
    func malformedIDs() async throws {
        let server = try ends.server(logger: log.logger)
        var draft = ends.draft()
        draft.correlationID = "<script>\(ClientAndServer.card)"
        draft.cryptoKeyID = "key \(ClientAndServer.card)"
        let record = try await record { _ = try await server.open(draft) }
        #expect(Set(record.metadata.keys) == ["km.code", "km.us", "km.detail"])
        #expect(!record.text.contains(ClientAndServer.card))
    }

    @Test("A client logs accepted and rejected responses in the same way")
    func client() async throws {
        let client = try ClientSecurity(
            party: .serviceProvider(ends.accessKey),
            aspID: ends.aspID,
            secretKey: ends.secretKey,
            keyring: CryptoKeyring(primary: ends.clientKey),
            logger: log.logger,
            clock: ends.clock.now
        )
        let server = try ends.server()
        let request = try client.seal(ClientAndServer.parameters, protection: .message)
        let reply = try server.seal(ClientAndServer.parameters, answering: await server.open(request))
        let success = try await record { _ = try await client.open(reply.headers, reply.body, answering: request) }
        #expect(success.level == .debug)
        let another = try client.seal(ClientAndServer.parameters, protection: .message)
        let rejection = try await record { _ = try await client.open(reply.headers, reply.body, answering: another) }
        #expect(rejection.level == .notice)
        #expect(rejection.metadata["km.code"] == "correlationMismatch")
    }

    /// Returns drafts with a card number in every part of a body or header that the server reads.
    private func draftsWithCards() throws -> [RequestDraft] {
        let card = ClientAndServer.card
        func jwe(_ header: String) -> String {
            let encoded = Data(header.utf8).base64EncodedString()
                .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
            return #"{"encData":"\#(encoded).AA.AA.AA.AA"}"#
        }
        let bodies = [
            String(decoding: ClientAndServer.parameters, as: UTF8.self), "{\(card)", #"{"physicalCardNo":"\#(card)"#,
            #"{"\#(card)":1,"encData":""}"#, #"{"encData":"\#(card)"}"#, #"{"encData":\#(card)}"#,
            jwe(#"{"alg":"\#(card)","enc":"A256GCM"}"#), jwe(#"{"alg":"RSA-OAEP-256","enc":"\#(card)"}"#),
            jwe(#"{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"\#(card)"}"#),
            jwe(#"{"alg":"RSA-OAEP-256","enc":"A256GCM","crit":["\#(card)"]}"#),
            jwe(#"{"alg":"RSA-OAEP-256","enc":"A256GCM","\#(card)":1,"\#(card)":2}"#), jwe(card), "",
        ]
        var drafts = bodies.map { ends.draft(Array($0.utf8)) }
        for change: (inout RequestDraft) -> Void in [
            { $0.aspID = card }, { $0.accessKey = card }, { $0.cryptoKeyID = card }, { $0.correlationID = card },
            { $0.tranTime = card }, { $0.timeZone = card }, { $0.timeZone = String(card.prefix(3)) },
            { $0.accessKey = card + String(repeating: "0", count: 24) },
        ] {
            var draft = ends.draft()
            change(&draft)
            drafts.append(draft)
        }
        return drafts
    }

    @Test("No log record of a faulty request contains a secret, a parameter, a card number or a MAC")
    func nothingSecret() async throws {
        let server = try ends.server(logger: log.logger)
        let mac = Data(
            try HMACSHA256(key: SecretBytes(copying: Array(ClientAndServer.secretText.utf8)))
                .authenticate(ClientAndServer.parameters).withBytes { mac in mac.indices.map { mac[$0] } }
        )
        var forbidden = [
            ClientAndServer.card, ClientAndServer.secretText, "50000104652", "2709\"", "837", #"physicalCardNo":"#,
            mac.base64EncodedString().prefix(20).description, mac.map { String(format: "%02x", $0) }.joined(),
        ]
        var levels: Set<Logger.Level> = []
        let drafts = try draftsWithCards()
        for draft in drafts {
            forbidden.append(String(try draft.token().suffix(43).prefix(20)))
            for protection in [Protection.message, .none, try .fields("$.physicalCardNo")] {
                _ = try await server.rejection(draft, protection: protection)
            }
        }
        let sealed = try ends.client().seal(ClientAndServer.parameters, protection: .message)
        _ = try await server.open(sealed)
        forbidden.append(String(decoding: sealed.body.dropFirst(12).prefix(40), as: UTF8.self))
        #expect(log.records.count == drafts.count * 3 + 1)
        for record in log.records {
            levels.insert(record.level)
            for text in forbidden { #expect(!record.text.contains(text), "\(record.text)") }
        }
        #expect(levels == [.debug, .notice])
    }
}
