import KMSecurityTestSupport
import KMTestSupport
import Testing

@testable import KMSecurity

/// Messages with less protection than their endpoint requires.
@Suite("Messages with missing protection")
struct FieldDowngradeTests {
    private static let byField = Endpoint.waitingPhysicalCardsByField
    private static let whole = Endpoint.waitingPhysicalCards
    private let request = Array(FieldSamples.request.utf8)
    private let response = Array(FieldSamples.response.utf8)
    private let ends: ClientAndServer

    init() throws {
        ends = try ClientAndServer.fields()
    }

    /// The error for a message with the protection of `sent`, or with none if it is nil, where `policy` applies.
    private static let rejections: [(policy: Endpoint, sent: Endpoint?, code: KMError.Code)] = [
        (whole, nil, .protectionRequired),
        (whole, byField, .protectionRequired),
        (byField, nil, .protectionRequired),
        (byField, whole, .fieldMissing),
    ]

    @Test("Missing protection is rejected where it is required, in requests and responses", arguments: rejections)
    func required(_ rejection: (policy: Endpoint, sent: Endpoint?, code: KMError.Code)) async throws {
        let protection = rejection.sent?.request.protection ?? .none
        let sent = try ends.client().seal(request, protection: protection)
        await #expect(throws: KMError(rejection.code)) { try await ends.receive(sent, rejection.policy) }
        await #expect(throws: KMError(rejection.code)) {
            try await ends.server.open(sent.headers, sent.body, protection: rejection.policy.request.protection)
        }
        let (asked, call) = try await ends.call()
        let reply = try ends.server.seal(
            response,
            answering: call,
            protection: rejection.sent?.response.protection ?? .none
        )
        await #expect(throws: KMError(rejection.code)) {
            try await ends.client().open(reply.headers, reply.body, answering: asked, for: rejection.policy)
        }
        await #expect(throws: KMError(rejection.code)) {
            try await ends.client().open(
                reply.headers,
                reply.body,
                answering: asked,
                protection: rejection.policy.response.protection
            )
        }
    }

    private func receive(_ request: SealedRequest, _ text: String, _ policy: Endpoint) async throws {
        _ = try await ends.receive(request, Array(text.utf8), policy)
    }

    private func optional(_ policy: Endpoint) -> Endpoint {
        Endpoint(
            "/test",
            request: .init(insecureAcceptingPlain: policy.request.protection),
            response: .init(insecureAcceptingPlain: policy.response.protection)
        )
    }

    @Test("Where protection is optional, plain and protected messages are accepted", arguments: [whole, byField])
    func migration(_ policy: Endpoint) async throws {
        for protection in [policy.request.protection, .none] {
            let sent = try ends.client().seal(request, protection: protection)
            #expect(try await ends.receive(sent, optional(policy)).parameters == request)
        }
        let (asked, call) = try await ends.call()
        for protection in [policy.response.protection, .none] {
            let reply = try ends.server.seal(response, answering: call, protection: protection)
            let opened = try await ends.client().open(
                reply.headers,
                reply.body,
                answering: asked,
                for: optional(policy)
            )
            #expect(opened.parameters == response)
        }
    }

    @Test("Where protection is optional, plain values of any kind are accepted")
    func plainKinds() async throws {
        let policy = optional(Self.byField)
        for value in ["9491339401250765", "null", "[]", #"{"a":1}"#, #""""#, #""a.b.c.d.e""#, #""....""#] {
            let text = FieldSamples.request.replacing(#""9491339401250765""#, with: value)
            let sent = try ends.client().seal(Array(text.utf8), protection: .none)
            #expect(try await ends.receive(sent, policy).parameters.text == text)
        }
    }

    @Test("Where protection is optional, a message with only some fields encrypted is rejected")
    func partial() async throws {
        let policy = optional(Self.byField)
        let sent = try await ends.client().seal(request, for: policy)
        let plain = FieldBody(bytes: request)
        for name in ["physicalCardNo", "physicalCardExpDate", "physicalCardCVC"] as [ReferencePath.Step] {
            var body = FieldBody(bytes: sent.body)
            try body.put(plain[name], at: name)
            await #expect(throws: KMError(.protectionRequired)) { try await ends.receive(sent, body.bytes, policy) }
            try body.put("123", at: name)
            await #expect(throws: KMError(.protectionRequired)) {
                try await ends.receive(sent, body.bytes, policy)
            }
            // The reverse: one encrypted field in a plain message.
            body = plain
            try body.put(FieldBody(bytes: sent.body)[name], at: name)
            await #expect(throws: KMError(.protectionRequired)) { try await ends.receive(sent, body.bytes, policy) }
        }
        let (asked, call) = try await ends.call()
        let reply = try ends.server.seal(response, answering: call, for: policy)
        var body = FieldBody(bytes: reply.body)
        let place: [ReferencePath.Step] = ["issuedCardList", 2, "digital", "mobileCardCVC"]
        try body.put(#""702""#, at: place[0], place[1], place[2], place[3])
        await #expect(throws: KMError(.protectionRequired)) {
            try await ends.client().open(reply.headers, body.bytes, answering: asked, for: policy)
        }
    }

    @Test("Where protection is optional, a damaged protected message is rejected, not accepted as plain")
    func damaged() async throws {
        for policy in [Self.whole, Self.byField].map(optional) {
            let sent = try await ends.client().seal(request, for: policy)
            let dots = sent.body.indices.filter { sent.body[$0] == UInt8(ascii: ".") }
            for place in [dots[0] + 5, dots[1] + 5, dots[2] + 1, dots[3] + 5] {
                var body = FieldBody(bytes: sent.body)
                body.damage(at: place)
                await #expect(throws: KMError.self) { try await ends.receive(sent, body.bytes, policy) }
            }
        }
    }

    @Test("A body with members beside encData, or with an encData that is not a string, is rejected")
    func beside() async throws {
        let policy = optional(Self.whole)
        let sent = try await ends.client().seal(request, for: policy)
        let message = try FieldBody(bytes: sent.body)["encData"]
        for text in [
            #"{"encData":\#(message),"userId":1}"#, #"{"userId":1,"encData":\#(message)}"#,
            #"{"encData":\#(message),"encData":\#(message)}"#, #"{"encData":null}"#, #"{"encData":{}}"#,
            #"{"encD\u0061ta":\#(message),"userId":1}"#,
        ] {
            await #expect(throws: KMError(.malformedBody)) { try await receive(sent, text, policy) }
        }
        let escaped = #"{"\u0065ncData" : \#(message)}"#
        #expect(try await ends.receive(sent, Array(escaped.utf8), policy).parameters == request)
        for text in ["", "{", #"{"encData":\#(message)"#, #"{"encData":\#(message)}{}"#, "x"] {
            await #expect(throws: KMError(.malformedJSON)) { try await receive(sent, text, policy) }
        }
    }

    @Test("Where protection is optional, a missing field is rejected in plain and protected messages")
    func missing() async throws {
        let policy = optional(Self.byField)
        let sent = try await ends.client().seal(request, for: policy)
        let texts = [FieldSamples.request, sent.body.text].map { $0.replacing("CVC", with: "CVV") }
        for text in texts + ["{}"] {
            await #expect(throws: KMError(.fieldMissing)) { try await receive(sent, text, policy) }
        }
    }
}
