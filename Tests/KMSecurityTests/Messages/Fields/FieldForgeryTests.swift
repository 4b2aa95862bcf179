import KMJOSE
import KMSecurityTestSupport
import Testing

@testable import KMSecurity

/// Fields with valid tags and hostile content, which anyone who has the public key can make.
@Suite("Fields from a hostile sender")
struct FieldForgeryTests {
    private let cipher: ParameterCipher
    private let forger: FieldForger

    init() throws {
        cipher = try FieldFixture.cipher()
        forger = try FieldForger()
    }

    @Test("A field that follows the rules opens")
    func control() throws {
        #expect(try cipher.open(forger.body(), ["$.a"]).text == #"{"a":"9491339401250765"}"#)
        let bound = try FieldFixture.correlationID(7)
        let body = try forger.body(["cid": #""\#(bound.text)""#])
        #expect(try cipher.open(body, ["$.a"], bound).text == #"{"a":"9491339401250765"}"#)
        #expect(try cipher.open(body, ["$.a"]).text == #"{"a":"9491339401250765"}"#)
    }

    @Test("A field whose JSON string has escapes opens")
    func escapes() throws {
        let body = try forger.body().text.replacing("J", with: #"\u004a"#).replacing(".", with: #"\u002E"#)
        #expect(try cipher.open(Array(body.utf8), ["$.a"]).text == #"{"a":"9491339401250765"}"#)
    }

    @Test("A header with a missing or different path or content type is rejected")
    func place() throws {
        let changes: [KeyValuePairs<String, String?>] = [
            ["path": nil], ["path": "null"], ["path": "5"], ["path": #"["$['a']"]"#], ["path": #""""#],
            ["path": #""$.a""#], ["path": #""$[\"a\"]""#], ["path": #""$['a'] ""#], ["path": #""$['A']""#],
            ["path": #""$[*]""#], ["path": #""$['a']\u0000""#], ["Path": #""$['a']""#, "path": nil],
            ["cty": nil], ["cty": #""JSON""#], ["cty": #""application/json""#], ["cty": #""jwt""#],
        ]
        for change in changes {
            #expect(throws: KMError(.fieldMismatch), "\(change)") { try cipher.open(forger.body(change), ["$.a"]) }
        }
        // An escape in the header's JSON does not change the path.
        let body = try forger.body(["path": #""$['\u0061']""#])
        #expect(try cipher.open(body, ["$.a"]).text == #"{"a":"9491339401250765"}"#)
    }

    @Test("A header with a missing or different correlation id is rejected where one is required")
    func message() throws {
        let bound = try FieldFixture.correlationID(7)
        let changes: [KeyValuePairs<String, String?>] = [
            [:], ["cid": "null"], ["cid": "7"], ["cid": #""""#], ["cid": #""\#(try FieldFixture.correlationID(8))""#],
            ["cid": #""\#(bound) ""#], ["cid": #"["\#(bound)"]"#], ["CID": #""\#(bound)""#],
        ]
        for change in changes {
            #expect(throws: KMError(.fieldMismatch), "\(change)") {
                try cipher.open(forger.body(change), ["$.a"], bound)
            }
        }
    }

    @Test("Other algorithms, extensions and keys are rejected")
    func algorithms() throws {
        for change in [
            ["alg": #""RSA-OAEP""#], ["alg": #""RSA1_5""#], ["alg": #""dir""#], ["alg": #""none""#],
            ["enc": #""A128CBC-HS256""#], ["enc": #""A192GCM""#], ["zip": #""DEF""#], ["crit": #"["path"]"#],
            ["crit": "[]"],
        ] as [KeyValuePairs<String, String?>] {
            #expect(throws: KMError(.algorithmNotAllowed), "\(change)") {
                try cipher.open(forger.body(change), ["$.a"])
            }
        }
        let otherID = #""f123456789abcdef0123456789abcdef""#
        #expect(throws: KMError(.keyIDMismatch)) { try cipher.open(forger.body(["kid": otherID]), ["$.a"]) }
        #expect(throws: KMError(.malformedHeader)) { try cipher.open(forger.body(["kid": "1"]), ["$.a"]) }
        #expect(throws: KMError(.malformedHeader)) {
            try cipher.open(forger.body(["x": "1,\"path\":\"$['a']\""]), ["$.a"])
        }
        // The content key has 32 bytes, which is the wrong size for A128GCM.
        #expect(throws: KMError(.authenticationFailed)) {
            try cipher.open(forger.body(["enc": #""A128GCM""#]), ["$.a"])
        }
    }

    @Test("Fields with different content keys or algorithms are rejected")
    func oneKey() throws {
        let first = try forger.message(FieldForger.header("$['a']"), "1")
        let second = try forger.message(FieldForger.header("$['b']", ["enc": #""A128GCM""#]), "2")
        let body = Array(#"{"a":"\#(first)","b":"\#(second)"}"#.utf8)
        #expect(throws: KMError(.fieldMismatch)) { try cipher.open(body, ["$.a", "$.b"]) }
        let other = try FieldForger().message(FieldForger.header("$['b']"), "2")
        #expect(throws: KMError(.fieldMismatch)) {
            try cipher.open(Array(#"{"a":"\#(first)","b":"\#(other)"}"#.utf8), ["$.a", "$.b"])
        }
    }

    @Test(
        "A plaintext that is not exactly one JSON value is rejected",
        arguments: [
            "", " ", " 1", "1 ", "1\n", "1,2", #"1,"b":2"#, #""x","role":"admin""#, "{", "[", "}", "{}}", "[]]", "1]",
            #""x"#, "x", "01", "tru", #"{"a":1,}"#, "[1,]", "\u{FEFF}1", "'x'", "NaN", "\u{1}",
            "{} {}", #"{"a" 1}"#, "{}//",
        ]
    )
    func notAValue(_ plaintext: String) throws {
        let body = try forger.body([:], plaintext)
        #expect(throws: KMError(.malformedJSON)) { try cipher.open(body, ["$.a"]) }
    }

    @Test("A plaintext that is not UTF-8 is rejected")
    func notUTF8() throws {
        for plaintext in [[0x22, 0xFF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xC0, 0x80, 0x22]] as [[UInt8]] {
            let message = try forger.message(FieldForger.header("$['a']"), plaintext)
            let body = Array(#"{"a":"\#(message)"}"#.utf8)
            #expect(throws: KMError(.malformedJSON)) { try cipher.open(body, ["$.a"]) }
        }
    }

    @Test("A whole message whose plaintext is not JSON, or is nested too deeply, is rejected")
    func whole() throws {
        func body(_ plaintext: String) throws -> [UInt8] {
            Array(#"{"encData":"\#(try forger.message(FieldForger.header("", ["path": nil]), plaintext))"}"#.utf8)
        }
        #expect(try cipher.openWhole(body(" [1]\n")).text == " [1]\n")
        for plaintext in ["", " ", "x", "{}{}", "[1", #"{"a":1,}"#] {
            #expect(throws: KMError(.malformedJSON)) { try cipher.openWhole(body(plaintext)) }
        }
        #expect(throws: KMError(.limitExceeded)) { try cipher.openWhole(body(String(repeating: "[", count: 65))) }
    }

    @Test("The depth limit applies to the opened document, including the contents of fields")
    func depth() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        // The object around the field is one level.
        #expect(try cipher.open(forger.body([:], nested(63)), ["$.a"]).text == #"{"a":\#(nested(63))}"#)
        #expect(throws: KMError(.limitExceeded)) { try cipher.open(forger.body([:], nested(64)), ["$.a"]) }
        #expect(throws: KMError(.limitExceeded)) { try cipher.open(forger.body([:], nested(100_000)), ["$.a"]) }
    }
}
