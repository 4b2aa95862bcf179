import Testing

@testable import KMSecurity

@Suite("Fields that were changed")
struct FieldTamperingTests {
    @Test("No character of a field can be changed")
    func everyCharacter() throws {
        let cipher = try FieldFixture.cipher()
        let body = FieldBody(bytes: try cipher.seal(#"{"a":"9491339401250765"}"#, ["$.a"]))
        for place in 6..<body.bytes.count - 2 where body.bytes[place] != UInt8(ascii: ".") {
            var spoilt = body
            spoilt.spoil(at: place)
            #expect(throws: KMError.self, "character \(place) of \(body.bytes.count)") {
                try cipher.open(spoilt.bytes, ["$.a"])
            }
        }
    }

    @Test("Key, IV, ciphertext and tag fail alike", arguments: 1...4)
    func alike(part: Int) throws {
        let cipher = try FieldFixture.cipher()
        var body = FieldBody(bytes: try cipher.seal(#"{"a":"9491339401250765"}"#, ["$.a"]))
        let dots = body.bytes.indices.filter { body.bytes[$0] == UInt8(ascii: ".") }
        body.spoil(at: dots[part - 1] + 3)
        let error = #expect(throws: KMError.self) { try cipher.open(body.bytes, ["$.a"]) }
        #expect(error?.code == .authenticationFailed)
        #expect(error?.detail.isEmpty == true)
    }

    @Test("Nothing comes out when the last of 100 fields is broken", arguments: [nil, .standard] as [DataKeyCaching?])
    func allOrNothing(_ caching: DataKeyCaching?) throws {
        let cipher = try FieldFixture.cipher(caching: caching)
        let text = "[" + (0..<100).map { #"{"n":"\#(FieldSamples.cardNumber)-\#($0)"}"# }.joined(separator: ",") + "]"
        var body = FieldBody(bytes: try cipher.seal(text, ["$[*].n"]))
        #expect(try cipher.open(body.bytes, ["$[*].n"]).text == text)
        body.spoil(at: body.bytes.count - 10)
        let error = #expect(throws: KMError.self) { try cipher.open(body.bytes, ["$[*].n"]) }
        #expect(error?.code == .authenticationFailed)
        #expect(error.map { "\($0)".contains("949133") } == false)
    }

    @Test("The rest of the document, which is not encrypted, may change: the token covers it, not the fields")
    func untouched() throws {
        let cipher = try FieldFixture.cipher()
        let body = try cipher.seal(FieldSamples.request, FieldSamples.requestPaths).text
        let changed = body.replacing("\"userId\": 9999999999999999999", with: "\"userId\":1")
        let opened = try cipher.open(Array(changed.utf8), FieldSamples.requestPaths).text
        #expect(opened == FieldSamples.request.replacing("\"userId\": 9999999999999999999", with: "\"userId\":1"))
        // So may a list lose its last items: those before them stay where they were.
        var list = FieldBody(bytes: try cipher.seal(FieldSamples.response, FieldSamples.responsePaths))
        try list.put("[" + list["issuedCardList", 0] + "]", at: "issuedCardList")
        let shorter = try FieldBody(bytes: cipher.open(list.bytes, FieldSamples.responsePaths))
        #expect(try shorter["issuedCardList"] == "[" + FieldSamples.item(0) + "]")
    }
}
