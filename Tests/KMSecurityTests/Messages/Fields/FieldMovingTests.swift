import KMSecurityTestSupport
import KMTestSupport
import Testing

@testable import KMSecurity

/// Encrypted fields that were moved to other paths or messages.
@Suite("Moved fields")
struct FieldMovingTests {
    private let cipher: ParameterCipher
    private let request: FieldBody
    private let response: FieldBody
    private let requestPaths = FieldSamples.requestPaths
    private let responsePaths = FieldSamples.responsePaths

    init() throws {
        cipher = try FieldFixture.cipher()
        let bound = try FieldFixture.correlationID(1)
        request = FieldBody(bytes: try cipher.seal(FieldSamples.request, requestPaths, bound))
        response = FieldBody(bytes: try cipher.seal(FieldSamples.response, responsePaths, bound))
    }

    private func openRequest(_ body: FieldBody, _ message: Int? = 1) throws -> String {
        try cipher.open(body.bytes, requestPaths, message.map(FieldFixture.correlationID)).text
    }

    private func openResponse(_ body: FieldBody) throws -> String {
        try cipher.open(body.bytes, responsePaths, FieldFixture.correlationID(1)).text
    }

    @Test("Fields that were not moved open")
    func control() throws {
        #expect(try openRequest(request) == FieldSamples.request)
        #expect(try openRequest(request, nil) == FieldSamples.request)
        #expect(try openResponse(response) == FieldSamples.response)
    }

    @Test("A field copied over another is rejected")
    func copied() throws {
        var body = request
        try body.put(request["physicalCardNo"], at: "physicalCardCVC")
        #expect(throws: KMError(.fieldMismatch)) { try openRequest(body) }
        #expect(throws: KMError(.fieldMismatch)) { try openRequest(body, nil) }
    }

    @Test("Two swapped fields are rejected")
    func swapped() throws {
        var body = request
        try body.put(request["physicalCardNo"], at: "physicalCardExpDate")
        try body.put(request["physicalCardExpDate"], at: "physicalCardNo")
        #expect(throws: KMError(.fieldMismatch)) { try openRequest(body) }
    }

    @Test("A field moved to another array item is rejected, and so are swapped array items")
    func otherItem() throws {
        var body = response
        try body.put(response["issuedCardList", 0, "digital", "cardNo"], at: "issuedCardList", 1, "digital", "cardNo")
        #expect(throws: KMError(.fieldMismatch)) { try openResponse(body) }
        body = response
        try body.put(response["issuedCardList", 0], at: "issuedCardList", 2)
        try body.put(response["issuedCardList", 2], at: "issuedCardList", 0)
        #expect(throws: KMError(.fieldMismatch)) { try openResponse(body) }
    }

    @Test("A duplicated array item is rejected at any position")
    func duplicatedItem() throws {
        let items = try (0..<3).map { try response["issuedCardList", .index($0)] }
        for order in [[0, 0, 1, 2], [0, 1, 2, 2], [0, 1, 2, 0], [0, 1, 1, 2]] {
            var body = response
            try body.put("[" + order.map { items[$0] }.joined(separator: ",") + "]", at: "issuedCardList")
            #expect(throws: KMError(.fieldMismatch)) { try openResponse(body) }
        }
    }

    @Test("A list without its first or middle items is rejected")
    func droppedItem() throws {
        let items = try (0..<3).map { try response["issuedCardList", .index($0)] }
        for order in [[1, 2], [0, 2], [2], [1]] {
            var body = response
            try body.put("[" + order.map { items[$0] }.joined(separator: ",") + "]", at: "issuedCardList")
            #expect(throws: KMError(.fieldMismatch)) { try openResponse(body) }
        }
    }

    @Test("A duplicate member is rejected, and so is a missing one")
    func members() throws {
        let number = try request["physicalCardNo"]
        let twice = #"{"physicalCardNo":\#(number),"#
        let body = FieldBody(bytes: Array(twice.utf8) + request.bytes.dropFirst())
        #expect(throws: KMError(.malformedJSON)) { try openRequest(body) }
        let other = twice.replacing("physical", with: #"\u0070hysical"#)
        let escaped = FieldBody(bytes: Array(other.utf8) + request.bytes.dropFirst())
        #expect(throws: KMError(.malformedJSON)) { try openRequest(escaped) }
        let renamed = FieldBody(bytes: Array(request.bytes.text.replacing("CardCVC", with: "CardCVV").utf8))
        #expect(throws: KMError(.fieldMissing)) { try openRequest(renamed) }
    }

    @Test("A message bound to another correlation id, or to none, is rejected")
    func otherMessage() throws {
        #expect(throws: KMError(.fieldMismatch)) { try openRequest(request, 2) }
        let unbound = FieldBody(bytes: try cipher.seal(FieldSamples.request, requestPaths))
        #expect(throws: KMError(.fieldMismatch)) { try openRequest(unbound) }
    }

    @Test("A field from another message is rejected, bound or not", arguments: [1, 2, nil] as [Int?])
    func mixed(_ other: Int?) throws {
        let second = FieldBody(
            bytes: try cipher.seal(FieldSamples.request, requestPaths, other.map(FieldFixture.correlationID))
        )
        for name in ["physicalCardNo", "physicalCardExpDate", "physicalCardCVC"] as [ReferencePath.Step] {
            var body = request
            try body.put(second[name], at: name)
            #expect(throws: KMError(.fieldMismatch)) { try openRequest(body) }
            #expect(throws: KMError(.fieldMismatch)) { try openRequest(body, nil) }
        }
    }

    @Test("A field from another message under the same cached content key is rejected")
    func mixedUnderOneKey() throws {
        let cipher = try FieldFixture.cipher(caching: .standard)
        let bodies = try (1...2).map {
            FieldBody(bytes: try cipher.seal(FieldSamples.request, requestPaths, FieldFixture.correlationID($0)))
        }
        let keys = try bodies.map { try $0["physicalCardNo"].split(separator: ".")[1] }
        #expect(keys[0] == keys[1])
        var body = bodies[0]
        try body.put(bodies[1]["physicalCardNo"], at: "physicalCardNo")
        #expect(throws: KMError(.fieldMismatch)) {
            try cipher.open(body.bytes, requestPaths, FieldFixture.correlationID(1))
        }
    }

    @Test("A plain field is rejected, and so is a malformed one")
    func plain() throws {
        for value in [
            "9491339401250765", "null", "true", "{}", "[]", #"["\#(FieldSamples.cardNumber)"]"#, #""9491339401250765""#,
            #""""#, #""\ud800""#, #""eyJhbGciOiJSU0EtT0FFUC0yNTYifQ""#, #""a\uff0eb""#,
        ] {
            var body = request
            try body.put(value, at: "physicalCardNo")
            #expect(throws: KMError(.protectionRequired)) { try openRequest(body) }
        }
        for value in [#""....""#, #""a.b.c.d.e""#, #"".""#, #""9491.3394""#, #""9491\u002e3394""#, #""\ud800.""#] {
            var body = request
            try body.put(value, at: "physicalCardNo")
            #expect(throws: KMError(.malformedJWE)) { try openRequest(body) }
        }
    }

    @Test("A message-level JWE is rejected as a field, and a field is rejected as a message")
    func messageLevel() throws {
        let whole = FieldBody(bytes: try cipher.sealWhole(#""9491339401250765""#))
        var body = request
        try body.put(whole["encData"], at: "physicalCardNo")
        #expect(throws: KMError(.fieldMismatch)) { try openRequest(body) }
        #expect(throws: KMError(.fieldMissing)) { try openRequest(whole) }
        #expect(throws: KMError(.protectionRequired)) { try cipher.openWhole(request.bytes) }
        for bound in try [FieldFixture.correlationID(1), nil] {
            let field = try FieldBody(bytes: cipher.seal(#"{"a":{"userId":1}}"#, ["$.a"], bound))["a"]
            #expect(throws: KMError(.fieldMismatch)) { try cipher.openWhole(Array(#"{"encData":\#(field)}"#.utf8)) }
        }
    }
}
