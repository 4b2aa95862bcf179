import HTTPTypes
import KMSecurityTestSupport
import Testing

@testable import KMJSON
@testable import KMSecurity

/// The endpoints that the package defines, tested end to end.
@Suite("Rules of the documented endpoint")
struct FieldPolicyTests {
    private static let byField = Endpoint.waitingPhysicalCardsByField
    private static let whole = Endpoint.waitingPhysicalCards
    private let request = Array(FieldSamples.request.utf8)
    private let response = Array(FieldSamples.response.utf8)

    @Test("The defined rules equal rules made from the documented paths")
    func texts() throws {
        let request = try FieldSelection(["$.physicalCardNo", "$.physicalCardExpDate", "$.physicalCardCVC"])
        let response = try FieldSelection([
            "$.issuedCardList[*].digital.cardNo", "$.issuedCardList[*].digital.mobileCardCVC",
        ])
        #expect(Self.byField.request == Endpoint.Rule(.fields(request)))
        #expect(Self.byField.response == Endpoint.Rule(.fields(response)))
        #expect(Self.whole == Endpoint("/api/v1/issued-cards/pre-issue/waiting/physical"))
        #expect(!Self.whole.request.acceptsPlain && !Self.whole.response.acceptsPlain)
        for selection in [request, response] { #expect(selection.presence == .everyItem) }
    }

    @Test("The path trees of the defined rules, built without checks, equal those of parsed paths")
    func trees() throws {
        guard case .fields(let request) = Self.byField.request.protection,
            case .fields(let response) = Self.byField.response.protection
        else {
            Issue.record("not at field level")
            return
        }
        for selection in [request, response] {
            let checked = try FieldSelection(selection.paths.map(\.description))
            #expect("\(selection.nodes)" == "\(checked.nodes)")
        }
    }

    @Test("A whole call works under both rules, in both wire profiles", arguments: [whole, byField], WireProfile.all)
    func call(_ policy: Endpoint, _ profile: WireProfile) async throws {
        let ends = try ClientAndServer.fields(profile)
        let sent = try await ends.client().seal(request, for: policy)
        let call = try await ends.receive(sent, policy)
        #expect(call.parameters == request)
        let reply = try ends.server.seal(response, answering: call, for: policy)
        let opened = try await ends.client().open(reply.headers, reply.body, answering: sent, for: policy)
        #expect(opened.parameters == response)

        for body in [sent.body.text, reply.body.text] {
            #expect(!body.contains("94913394012507") && !body.contains("\"123\"") && !body.contains("\"700\""))
            #expect(body.hasPrefix(#"{"encData":""#) == (policy == Self.whole))
        }
        #expect(sent.body.text.contains("9999999999999999999") == (policy == Self.byField))
        #expect(reply.body.text.contains("Q180BEA3B2F1BBD8410336D66A4") == (policy == Self.byField))
    }

    @Test("A response with an empty card list is sealed and opened")
    func emptyList() async throws {
        let ends = try ClientAndServer.fields()
        let (sent, call) = try await ends.call()
        let empty = Array(FieldSamples.emptyResponse.utf8)
        let reply = try ends.server.seal(empty, answering: call, for: Self.byField)
        #expect(reply.body == empty)
        let opened = try await ends.client().open(reply.headers, reply.body, answering: sent, for: Self.byField)
        #expect(opened.parameters == empty)
    }

    @Test("A misspelt member name is rejected, so that nothing is sent unencrypted")
    func misspelt() async throws {
        let ends = try ClientAndServer.fields()
        for name in ["physicalCardNo", "physicalCardExpDate", "physicalCardCVC"] {
            for other in [name + "_", name.uppercased(), " \(name)"] {
                let text = FieldSamples.request.replacing("\"\(name)\"", with: "\"\(other)\"")
                await #expect(throws: KMError(.fieldMissing)) {
                    try await ends.client().seal(Array(text.utf8), for: Self.byField)
                }
            }
        }
        let (_, call) = try await ends.call()
        for text in [
            FieldSamples.response.replacing("cardNo\"", with: "cardNO\""),
            FieldSamples.response.replacing("mobileCardCVC", with: "mobileCardCvc"),
            FieldSamples.response.replacing("digital", with: "Digital"),
            FieldSamples.emptyResponse.replacing("issuedCardList", with: "issuedCards"),
            FieldSamples.emptyResponse.replacing("[]", with: "null"), "{}", "[]", "null",
        ] {
            #expect(throws: KMError(.fieldMissing)) {
                try ends.server.seal(Array(text.utf8), answering: call, for: Self.byField)
            }
        }
    }

    @Test("A request that was changed in transit is rejected before decryption", arguments: [whole, byField])
    func changed(_ policy: Endpoint) async throws {
        let ends = try ClientAndServer.fields()
        let sent = try await ends.client().seal(request, for: policy)
        for place in stride(from: 0, to: sent.body.count, by: 97) {
            var body = sent.body
            body[place] ^= 1
            await #expect(throws: KMError(.tokenMismatch)) {
                try await ends.server.open(sent.headers, body, for: policy)
            }
        }
    }

    @Test("A response to another request is rejected, even with a changed correlation id header")
    func replayed() async throws {
        let ends = try ClientAndServer.fields()
        let sent = try await ends.client().seal(request, for: Self.byField)
        let reply = try await ends.server.seal(
            response,
            answering: ends.receive(sent, Self.byField),
            for: Self.byField
        )
        let other = try await ends.client().seal(request, for: Self.byField)
        await #expect(throws: KMError(.correlationMismatch)) {
            try await ends.client().open(reply.headers, reply.body, answering: other, for: Self.byField)
        }
        var headers = reply.headers
        headers[.kmCorrelationID] = other.requestHeaders.correlationID.text
        await #expect(throws: KMError(.fieldMismatch)) {
            try await ends.client().open(headers, reply.body, answering: other, for: Self.byField)
        }
        // The fields of one request are rejected in another request, too.
        await #expect(throws: KMError(.fieldMismatch)) { try await ends.receive(other, sent.body, Self.byField) }
    }

    @Test("A request that names no key, an unknown key or the wrong key is rejected")
    func keys() async throws {
        let ends = try ClientAndServer.fields()
        let sent = try await ends.client().seal(request, for: Self.byField)
        var headers = sent.headers
        headers[.kmCryptoKeyID] = nil
        await #expect(throws: KMError(.headerMissing)) {
            try await ends.server.open(headers, sent.body, for: Self.byField)
        }
        headers[.kmCryptoKeyID] = "f123456789abcdef0123456789abcdef"
        await #expect(throws: KMError(.keyUnknown)) {
            try await ends.server.open(headers, sent.body, for: Self.byField)
        }
        let twoKeys = try ClientAndServer.fields(
            keyring: CryptoKeyring(primary: FieldFixture.key()).adding(
                CryptoKey(
                    id: CryptoKeyID("f123456789abcdef0123456789abcdef"),
                    decryptionKey: FieldFixture.pair,
                    issuedAt: FieldFixture.now
                )
            )
        )
        await #expect(throws: KMError(.keyIDMismatch)) {
            try await twoKeys.server.open(headers, sent.body, for: Self.byField)
        }
    }
}
