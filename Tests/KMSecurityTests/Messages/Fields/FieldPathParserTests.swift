import KMSecurityTestSupport
import Testing

@testable import KMSecurity

@Suite("JSONPath parsing")
struct FieldPathParserTests {
    /// Spellings and their normalized forms (RFC 9535 section 2.7), with `[*]` for a wildcard.
    private static let valid: [(spelling: String, normalized: String)] = [
        ("$", "$"),
        ("$.physicalCardNo", "$['physicalCardNo']"),
        ("$['physicalCardNo']", "$['physicalCardNo']"),
        (#"$["physicalCardNo"]"#, "$['physicalCardNo']"),
        ("$.issuedCardList[*].digital.cardNo", "$['issuedCardList'][*]['digital']['cardNo']"),
        ("$.*", "$[*]"),
        ("$[*][*]", "$[*][*]"),
        ("$[0]", "$[0]"),
        ("$[9007199254740991]", "$[9007199254740991]"),
        ("$.a[10]['b'].c", "$['a'][10]['b']['c']"),
        // White space before a segment and inside brackets.
        ("$ .a", "$['a']"),
        ("$\t\n\r [ 'a' ]\n[\t*\r]", "$['a'][*]"),
        ("$[ 7 ]", "$[7]"),
        // Characters that the dot form allows.
        ("$._", "$['_']"),
        ("$._9aZ", "$['_9aZ']"),
        ("$.한글", "$['한글']"),
        ("$.\u{1F600}x", "$['\u{1F600}x']"),
        ("$.\u{80}", "$['\u{80}']"),
        // Names that only the bracket form allows.
        ("$['']", "$['']"),
        ("$[' ']", "$[' ']"),
        ("$['*']", "$['*']"),
        ("$['a.b']", "$['a.b']"),
        ("$['0']", "$['0']"),
        ("$['$']", "$['$']"),
        (#"$["it's"]"#, #"$['it\'s']"#),
        (#"$['it\'s']"#, #"$['it\'s']"#),
        (#"$['quo"te']"#, #"$['quo"te']"#),
        (#"$["quo\"te"]"#, #"$['quo"te']"#),
        (#"$['back\\slash']"#, #"$['back\\slash']"#),
        (#"$['a\/b']"#, "$['a/b']"),
        (#"$['\b\t\n\f\r']"#, #"$['\b\t\n\f\r']"#),
        (#"$['\u0008\u0009\u000a\u000C\u000d']"#, #"$['\b\t\n\f\r']"#),
        (#"$['\u0000\u000B\u001f']"#, #"$['\u0000\u000b\u001f']"#),
        ("$['\u{7F}']", "$['\u{7F}']"),
        (#"$['\u0061']"#, "$['a']"),
        (#"$['\ud83d\uDE00']"#, "$['\u{1F600}']"),
        (#"$['\ufffd\uffff']"#, "$['\u{FFFD}\u{FFFF}']"),
    ]

    @Test("Every spelling is parsed, and its normalized form parses to the same path", arguments: valid)
    func reads(_ item: (spelling: String, normalized: String)) throws {
        let path = try JSONPath(item.spelling)
        #expect(Array(path.description.utf8) == Array(item.normalized.utf8))
        #expect(try JSONPath(path.description) == path)
        #expect(try JSONPath(path.description).description == path.description)
    }

    @Test("Different paths are not equal, even if their texts look the same or are canonically equivalent")
    func distinct() throws {
        let texts = ["$['\u{E9}']", "$['e\u{301}']", "$.a", "$.A", "$[0]", "$['0']", "$[*]", "$['*']", "$", "$['']"]
        let paths = try texts.map(JSONPath.init)
        #expect(Set(paths).count == paths.count)
    }

    private static let malformedTexts = [
        "", " ", " $", "$ ", "$.a ", "$.a\n", "a", ".a", "@.a", "$a", "$$", "$.", "$. a", "$.a.", "$.1", "$.1a", "$.-",
        "$.a-b", "$.a b", "$.'a'", "$.\"a\"", "$.[0]", "$.[*]", "$.**", "$[]", "$[ ]", "$[", "$[0", "$[*", "$['a'",
        "$['a", "$['a]", "$[\"a']", "$['a\"]", "$[a]", "$[00]", "$[01]", "$[0x1]", "$[1.0]", "$[1e0]", "$[+1]",
        "$[9007199254740992]", "$[99999999999999999]", "$[0]]", "$]", "$[**]", "$['a''b']", "$['a' 'b']", "$['a\u{0}']",
        "$['a\n']", "$['\u{1F}']", #"$['\x']"#, #"$['\']"#, #"$['\"']"#, #"$["\'"]"#, #"$['\u']"#, #"$['\u12']"#,
        #"$['\u12g4']"#, #"$['\U0041']"#, #"$['\ud83d']"#, #"$['\ud83dx']"#, #"$['\ud83d\n']"#, #"$['\ud83d\u0041']"#,
        #"$['\ud83d\ud83d']"#, #"$['\ude00']"#, #"$['\ude00\ud83d']"#, #"$['\u{41}']"#, "$.a\u{0}", "$\u{A0}.a",
        "\u{FEFF}$", "$.a[0]b", "$[0]a",
    ]

    @Test("A path that RFC 9535 does not allow is malformed", arguments: malformedTexts)
    func malformed(_ text: String) {
        #expect(throws: KMError(.pathMalformed)) { try JSONPath(text) }
    }

    private static let unsupportedTexts = [
        "$..a", "$..*", "$..[0]", "$.a..b", "$..", "$[-1]", "$[-0]", "$[1:2]", "$[:]", "$[::2]", "$[1 : 2]", "$[:1]",
        "$['a','b']", "$[0,1]", "$[*,*]", "$['a' , 0]", "$[?@.a]", "$[?(@.a==1)]", "$[ ?@]",
    ]

    @Test("A valid path outside the supported subset is unsupported", arguments: unsupportedTexts)
    func unsupported(_ text: String) {
        #expect(throws: KMError(.pathUnsupported)) { try JSONPath(text) }
    }

    @Test("A path has at most 64 steps and 2048 bytes")
    func sizes() throws {
        #expect(try JSONPath("$" + String(repeating: "[*]", count: 64)).segments.count == 64)
        #expect(throws: KMError(.pathMalformed)) { try JSONPath("$" + String(repeating: "[*]", count: 65)) }
        #expect(try JSONPath("$." + String(repeating: "a", count: 2046)).segments.count == 1)
        #expect(throws: KMError(.pathMalformed)) { try JSONPath("$." + String(repeating: "a", count: 2047)) }
    }

    @Test("A parsing error does not quote the text")
    func silence() {
        let error = #expect(throws: KMError.self) { try JSONPath("$.a[9491339401250765x]") }
        #expect(error.map { "\($0)\($0.detail)".contains("9491339401250765") } == false)
    }
}
