import Foundation
import KMSecurityTestSupport
import KMTestSupport
import Testing

@testable import KMSecurity

/// Returns every printed form in which an error may reach a log.
func fieldPrintedForms(of error: any Error) -> String {
    var dumped = ""
    dump(error, to: &dumped)
    let bridged = error as NSError
    return [
        "\(error)", String(reflecting: error), dumped, error.localizedDescription, bridged.description,
        bridged.debugDescription, "\(bridged.userInfo)", "\(Mirror(reflecting: error).children.map(\.value))",
    ].joined(separator: "\n")
}

/// Errors about documents with a card number as a value, and as a name that a wildcard matches.
@Suite("Field-level errors")
struct FieldErrorTests {
    private static let number = FieldSamples.cardNumber
    private static let path = "$.cards[*].cvc"
    private static let text = #"{"cards":{"\#(number)":{"cvc":"\#(number)"}}}"#

    private func error(_ body: String, _ paths: [String] = [path], bound: Bool = false) throws -> KMError? {
        let cipher = try FieldFixture.cipher()
        let correlationID = try bound ? FieldFixture.correlationID() : nil
        return #expect(throws: KMError.self) { try cipher.open(Array(body.utf8), paths, correlationID) }
    }

    @Test("Errors of opening show the requested path and the offset, and nothing of the document")
    func opening() throws {
        let sealed = try FieldFixture.cipher().seal(Self.text, [Self.path]).text
        let moved = sealed.replacing(Self.number, with: Self.number + "0")
        let damaged = sealed.replacing(#"""# + "}}}", with: #"A"}}}"#)
        let otherText = Self.text.replacing(#"{"\#(Self.number)"#, with: #"{"7"#)
        let other = try FieldFixture.cipher().seal(otherText, [Self.path]).text
        let two = sealed.dropLast(2) + "," + other.dropFirst(10)
        for (body, code) in [
            (Self.text, .protectionRequired),
            (Self.text.replacing(#":"\#(Self.number)""#, with: ":\(Self.number)"), .protectionRequired),
            (moved, .fieldMismatch), (damaged, .malformedJWE), (String(two), .fieldMismatch),
            (Self.text.dropLast() + ",", .malformedJSON), (Self.text.replacing("cvc", with: "cvv"), .fieldMissing),
        ] as [(String, KMError.Code)] {
            let error = try #require(try error(body))
            #expect(error.code == code)
            #expect(!fieldPrintedForms(of: error).contains(Self.number))
        }
        let unbound = try #require(try error(sealed, bound: true))
        #expect(unbound.code == .fieldMismatch)
        #expect(unbound.detail.contains("$['cards'][*]['cvc']"))
        #expect(unbound.detail.contains("byte 36"))
        #expect(!fieldPrintedForms(of: unbound).contains(Self.number))
    }

    @Test("Errors show array indexes, which are not part of the document's text")
    func index() throws {
        let body = try FieldBody(bytes: FieldFixture.cipher().seal(FieldSamples.response, FieldSamples.responsePaths))
        var plain = body
        try plain.put("1", at: "issuedCardList", 2, "digital", "cardNo")
        let error = try #require(try error(plain.bytes.text, FieldSamples.responsePaths))
        #expect(error.code == .protectionRequired)
        #expect(error.detail.contains("$['issuedCardList'][2]['digital']['cardNo']"))
    }

    @Test("Errors of sealing show nothing of the document")
    func sealing() throws {
        let cipher = try FieldFixture.cipher()
        let texts = [
            Self.text.replacing("cvc", with: "cvv"), Self.text + "x", String(Self.text.dropLast(8)),
            #"{"cards":{"\#(Self.number)":1,"\#(Self.number)":2}}"#, #"{"cards":{"\#(Self.number)\ud800":{"cvc":1}}}"#,
            #"{"cards":{"\#(Self.number + String(repeating: "0", count: 5000))":{"cvc":1}}}"#,
        ]
        for text in texts {
            let error = try #require(#expect(throws: KMError.self) { try cipher.seal(text, [Self.path]) })
            #expect(!fieldPrintedForms(of: error).contains(Self.number))
        }
    }

    @Test("An error about a decrypted value that is not JSON does not quote it")
    func plaintext() throws {
        let body = try FieldForger().body([:], "\(Self.number)x")
        let error = try #require(try error(body.text, ["$.a"]))
        #expect(error.code == .malformedJSON)
        #expect(!fieldPrintedForms(of: error).contains(Self.number))
    }
}
