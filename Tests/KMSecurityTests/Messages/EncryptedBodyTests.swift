import Foundation
import KMJOSE
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

/// A message-level body must be an object whose only member is the string `encData`.
@Suite struct EncryptedBodyTests {
    private let ends: ClientAndServer
    private let cipher: ParameterCipher
    private let message: String

    init() throws {
        ends = try ClientAndServer()
        cipher = try ParameterCipher(keyring: CryptoKeyring([ends.serverKey], primary: nil))
        let encryptor = try JWEEncryptor(to: TestKeys.first().publicKey, header: JWEHeader(encryption: .a128GCM))
        message = String(decoding: try encryptor.encrypt(#"{"a":1}"#.bytes), as: UTF8.self)
    }

    private func code(_ body: String) -> KMError.Code? { code(body.bytes) }

    private func code(_ body: [UInt8]) -> KMError.Code? {
        rejection { try cipher.open(body, .message, under: ends.keyID) }
    }

    @Test func anyJSONSpellingOfTheBodyIsAccepted() throws {
        let escaped = message.unicodeScalars.map { "\\u00" + String($0.value, radix: 16) }.joined()
        let bodies = [
            #"{"encData":"\#(message)"}"#, " \r\n{ \"encData\"\t:\n\"\(message)\" } \n",
            #"{"enc\u0044ata":"\#(message)"}"#,
            #"{"\u0065\u006e\u0063\u0044\u0061\u0074\u0061":"\#(message)"}"#, #"{"encData":"\#(escaped)"}"#,
        ]
        for body in bodies { #expect(try cipher.open(body.bytes, .message, under: ends.keyID) == #"{"a":1}"#.bytes) }
    }

    @Test func bodiesWithoutEncDataAreReportedAsUnprotected() {
        let bodies = [
            "{}", "[]", "null", "true", "1", #""\#(message)""#, #"["\#(message)"]"#, #"[{"encData":"\#(message)"}]"#,
            #"{"a":1}"#, #"{"encdata":"\#(message)"}"#, #"{"EncData":"\#(message)"}"#, #"{"encData ":"\#(message)"}"#,
            #"{"encData\u0000":"\#(message)"}"#, #"{"data":{"encData":"\#(message)"}}"#,
            #"{"enc\\u0044ata":"\#(message)"}"#,
            #"{"":"\#(message)"}"#, #"{"userId":1,"physicalCardNo":"9491339401250765"}"#,
        ]
        for body in bodies { #expect(code(body) == .protectionRequired, "\(body.prefix(30))") }
    }

    @Test func malformedDuplicateAndAdditionalMembersAreRejected() {
        let member = #""encData":"\#(message)""#
        let bodies = [
            #"{"encData":null}"#, #"{"encData":1}"#, #"{"encData":true}"#, #"{"encData":["\#(message)"]}"#,
            #"{"encData":{"encData":"\#(message)"}}"#, "{\(member),\(member)}", #"{\#(member),"enc\u0044ata":"x"}"#,
            #"{"encData":"x",\#(member)}"#, #"{\#(member),"a":1}"#, #"{"a":1,\#(member)}"#,
            #"{"a":{"b":[]},\#(member)}"#,
            #"{\#(member),"":""}"#, #"{\#(member),"encdata":"x"}"#, #"{"encData":1,"encData":2}"#,
        ]
        for body in bodies { #expect(code(body) == .malformedBody, "\(body.prefix(30))") }
    }

    @Test func invalidJSONIsRejected() {
        let body = #"{"encData":"\#(message)"}"#
        let bodies = [
            "", " ", message, "encData=\(message)", "\(body)x", "\(body)\(body)", "\(body),", "[\(body)",
            "\u{FEFF}\(body)",
            #"{"encData":"\#(message)",}"#, #"{"encData":'\#(message)'}"#, #"{encData:"\#(message)"}"#,
            "{\"encData\":\"\(message)\n\"}", "\(body)\0", #"{"encData" "\#(message)"}"#, "{{\(body)}}",
        ]
        for body in bodies { #expect(code(body) == .malformedJSON, "\(body.prefix(30))") }
        for bytes: [UInt8] in [[0xFF], Array(body.utf8.dropLast()) + [0x80, 0x7D], [0x80] + Array(body.utf8)] {
            #expect(code(bytes) == .malformedJSON)
        }
        #expect(code(Array(body.utf8).flatMap { [$0, 0] }) == .malformedJSON)
    }

    @Test func truncatedBodiesAreRejected() {
        let body = #"{"encData":"\#(message)"}"#.bytes
        for count in body.indices { #expect(code(Array(body.prefix(count))) == .malformedJSON, "\(count)") }
    }

    @Test func malformedMessagesAreRejected() {
        for (text, expected) in [
            ("", KMError.Code.malformedJWE), ("x", .malformedJWE), (" \(message)", .malformedJWE),
            ("\(message)\\n", .malformedJWE),
            ("\(message).", .malformedJWE), ("\\ud800", .malformedJWE), ("\(message.dropLast())", .malformedJWE),
            (message.replacing(".", with: "\\u0000"), .malformedJWE), ("A\(message.dropFirst())", .malformedHeader),
        ] {
            #expect(code(#"{"encData":"\#(text)"}"#) == expected, "\(text.prefix(10))")
        }
    }

    @Test func deeplyNestedBodiesAreRejected() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(code(deep) == .limitExceeded)
        #expect(code(#"{"x":\#(deep)"#) == .limitExceeded)
        #expect(code(#"{"encData":"\#(message)","x":\#(deep)"#) == .limitExceeded)
    }

    @Test func damagedBodiesDoNotTrap() {
        let body = #"{"encData":"\#(message)"}"#.bytes
        var generator = SeededGenerator(seed: 70)
        let expected: Set<KMError.Code?> = [
            .malformedJSON, .malformedBody, .protectionRequired, .malformedJWE, .malformedHeader, .algorithmNotAllowed,
            .authenticationFailed,
        ]
        for number in 0..<2000 {
            let damaged = body.mutated(using: &generator)
            // A change of white space outside the strings is allowed.
            let code = code(damaged)
            if code == nil, damaged.filter({ $0 > 0x20 }) == body { continue }
            if !expected.contains(code) { Issue.record("\(number): \(String(describing: code))") }
        }
    }
}
