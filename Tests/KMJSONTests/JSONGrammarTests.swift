import KMJSON
import KMPrimitives
import KMTestSupport
import Testing

/// Valid and invalid texts for each production of the grammar in RFC 8259.
@Suite struct JSONGrammarTests {
    static let valid = [
        "{}", "[]", "null", "true", "false", "0", "\"\"", " \t\r\n{ \t\r\n} \t\r\n", "[[]]", "[{}]", #"{"":{}}"#,
        #"{"a":1}"#, #"{"a":1,"a":2}"#, #"{ "a" : [ 1 , 2 ] , "b" : null }"#, "[null,true,false,0,\"\"]",
        #"{"a":{"b":{"c":[{"d":1}]}}}"#, "[1,[2,[3,[4]]],5]", #"[{"a":[]},{"b":{}}]"#, "\"x\"\n", "\n0\n",
    ]

    static let invalid = [
        "", " ", "\n", "{", "}", "[", "]", ",", ":", "{]", "[}", "{}}", "[]]", "{}{}", "[][]", "{},", "[],", "1 2",
        "null null", "[,]", "[1,]", "[,1]", "[1,,2]", "[1 2]", "[1:2]", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#,
        #"{,"a":1}"#, #"{"a":1,,"b":2}"#, #"{"a":1 "b":2}"#, #"{"a" 1}"#, #"{"a"::1}"#, #"{"a":1:2}"#, #"{:1}"#,
        #"{a:1}"#, #"{'a':1}"#, #"{1:1}"#, #"{null:1}"#, #"{"a",1}"#, #"["a":1]"#, #"{[]:1}"#, #"{"a":1]"#, "[1}",
        "'a'", "nul", "nulll", "NULL", "Null", "tru", "truee", "True", "fals", "falsee", "nan", "NaN", "Infinity",
        "-Infinity", "undefined", "//\n1", "1//", "/**/1", "1/**/", "#1", "(1)", "\u{0B}1", "\u{0C}1", "1\u{0B}",
        "\u{A0}1", "\u{2028}1", "\u{3000}1", "\u{0}1", "1\u{0}", "\u{FEFF}1", "\u{FEFF}{}", "[\u{FEFF}]", "\u{7F}",
        "{\u{FEFF}}", "\u{1E}{}",
    ]

    @Test(arguments: valid)
    func validTextsAreAccepted(text: String) {
        #expect(verdict(text.bytes) == nil)
    }

    @Test(arguments: invalid)
    func invalidTextsAreRejected(text: String) {
        #expect(verdict(text.bytes) == .malformedJSON)
    }

    static let validNumbers = [
        "0", "-0", "1", "-1", "10", "9007199254740993", "9999999999999999999", "-9999999999999999999", "0.0", "0.10",
        "-0.5", "1e0", "1E0", "1e+0", "1e-0", "1e00", "1e007", "1.5e-10", "0e0", "0E+10", "-0e-0", "1e400", "1e-400",
        "1e99999999999999999999", "0.000000000000000000000000000000000001", String(repeating: "9", count: 5000),
    ]

    static let invalidNumbers = [
        "-", "+1", "+", "00", "01", "-01", "-00", "1.", ".1", "-.1", "1.e1", "1e", "1E", "1e+", "1e-", "1e1.5", "1e1e1",
        "1..1", "1.1.1", "--1", "-+1", "1-", "1+", "0x1", "0b1", "0o7", "1_000", "1,000", "1f", "1d", "1n", "١", "１",
        "1e１", "1e++1", "1e 1", "1 .5", "- 1", "-a", "-\"1\"", "1.-1", "0e", "0.e", "00.1", "0a", "1a",
    ]

    @Test(arguments: validNumbers)
    func validNumbersAreAccepted(text: String) throws {
        #expect(try scan(text.bytes).map(\.token) == [.number, .end])
        #expect(try scan(text.bytes)[0].range == 0..<text.utf8.count)
        for wrapped in ["[\(text)]", " \(text) ", #"{"a":\#(text)}"#, "[\(text),\(text)]"] {
            #expect(verdict(wrapped.bytes) == nil, "\(wrapped)")
        }
    }

    @Test(arguments: invalidNumbers)
    func invalidNumbersAreRejected(text: String) {
        for wrapped in [text, "[\(text)]", " \(text) ", #"{"a":\#(text)}"#] where wrapped != "[1,000]" {
            #expect(verdict(wrapped.bytes) == .malformedJSON, "\(wrapped)")
        }
    }

    /// Tries every text of one or two bytes.
    @Test func onlyTheValidTextsOfOneAndTwoBytesAreAccepted() {
        var accepted: Set<String> = []
        for first in UInt8.min...UInt8.max {
            if verdict([first]) == nil { accepted.insert(String(decoding: [first], as: UTF8.self)) }
            for second in UInt8.min...UInt8.max where verdict([first, second]) == nil {
                accepted.insert(String(decoding: [first, second], as: UTF8.self))
            }
        }
        let digits = "0123456789".map(String.init)
        let white = [" ", "\t", "\n", "\r"]
        var expected = Set(digits + digits.map { "-" + $0 } + ["\"\"", "[]", "{}"])
        for digit in digits {
            if digit != "0" { expected.formUnion(digits.map { digit + $0 }) }
            for space in white { expected.formUnion([space + digit, digit + space]) }
        }
        #expect(accepted == expected)
    }

    /// The detail of an error names the byte offset and no text of the input.
    @Test func errorsNameTheOffsetAndQuoteNothing() {
        let faults = [
            (#"{"secret-name" 1}"#, "15"), (#"["4111111111111111]"#, "19"), (#"[1,2,x]"#, "5"), (#"[1,2"#, "4"),
            ("", "0"),
            (#"{"a":1,}"#, "7"), ("[truf]", "1"), ("[01]", "1"), ("[1.x]", "3"), ("\"\\x\"", "1"), ("\"a\u{1}\"", "2"),
        ]
        for (text, offset) in faults {
            let detail = thrownError { try scan(text.bytes) }?.detail ?? ""
            #expect(detail.hasSuffix("at byte \(offset)"), "\(text): \(detail)")
            #expect(!detail.contains("secret") && !detail.contains("4111"))
        }
    }
}
