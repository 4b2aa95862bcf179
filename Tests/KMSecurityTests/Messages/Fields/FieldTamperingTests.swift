import KMSecurityTestSupport
import KMTestSupport
import Testing

@testable import KMSecurity

@Suite("Tampered fields")
struct FieldTamperingTests {
    @Test("A change of any character of a field is rejected")
    func everyCharacter() throws {
        let cipher = try FieldFixture.cipher()
        let body = FieldBody(bytes: try cipher.seal(#"{"a":"9491339401250765"}"#, ["$.a"]))
        for place in 6..<body.bytes.count - 2 where body.bytes[place] != UInt8(ascii: ".") {
            var damaged = body
            damaged.damage(at: place)
            #expect(throws: KMError.self, "character \(place) of \(body.bytes.count)") {
                try cipher.open(damaged.bytes, ["$.a"])
            }
        }
    }

    @Test("Changes of the key, IV, ciphertext and tag are rejected with the same error", arguments: 1...4)
    func sameError(part: Int) throws {
        let cipher = try FieldFixture.cipher()
        var body = FieldBody(bytes: try cipher.seal(#"{"a":"9491339401250765"}"#, ["$.a"]))
        let dots = body.bytes.indices.filter { body.bytes[$0] == UInt8(ascii: ".") }
        body.damage(at: dots[part - 1] + 3)
        let error = #expect(throws: KMError.self) { try cipher.open(body.bytes, ["$.a"]) }
        #expect(error?.code == .authenticationFailed)
        #expect(error?.detail.isEmpty == true)
    }

    @Test("Nothing is returned if the last of 100 fields is damaged", arguments: [nil, .standard] as [DataKeyCaching?])
    func allOrNothing(_ caching: DataKeyCaching?) throws {
        let cipher = try FieldFixture.cipher(caching: caching)
        let text = "[" + (0..<100).map { #"{"n":"\#(FieldSamples.cardNumber)-\#($0)"}"# }.joined(separator: ",") + "]"
        var body = FieldBody(bytes: try cipher.seal(text, ["$[*].n"]))
        #expect(try cipher.open(body.bytes, ["$[*].n"]).text == text)
        body.damage(at: body.bytes.count - 10)
        let error = #expect(throws: KMError.self) { try cipher.open(body.bytes, ["$[*].n"]) }
        #expect(error?.code == .authenticationFailed)
        #expect(error.map { "\($0)".contains("949133") } == false)
    }

    @Test("The rest of the document, which is not encrypted, may change: only the token protects it")
    func untouched() throws {
        let cipher = try FieldFixture.cipher()
        let body = try cipher.seal(FieldSamples.request, FieldSamples.requestPaths).text
        let changed = body.replacing("\"userId\": 9999999999999999999", with: "\"userId\":1")
        let opened = try cipher.open(Array(changed.utf8), FieldSamples.requestPaths).text
        #expect(opened == FieldSamples.request.replacing("\"userId\": 9999999999999999999", with: "\"userId\":1"))
        // The last items of a list may be removed, too: the items before them keep their paths.
        var list = FieldBody(bytes: try cipher.seal(FieldSamples.response, FieldSamples.responsePaths))
        try list.put("[" + list["issuedCardList", 0] + "]", at: "issuedCardList")
        let shorter = try FieldBody(bytes: cipher.open(list.bytes, FieldSamples.responsePaths))
        #expect(try shorter["issuedCardList"] == "[" + FieldSamples.item(0) + "]")
    }
}
