/// Sample documents for field encryption and decryption.
extension FieldDocument {
    /// A document with the comment and flag of its test.
    typealias Sample = (comment: String, flag: String, document: FieldDocument)

    /// The flags of the samples, with their meanings.
    static let flags: [Flag] = [
        ("Value", "What an encrypted value may be."),
        ("Document", "What stands around the encrypted values."),
        ("Name", "Names of members, and their normalized paths."),
        ("Wildcard", "Lists of unknown length."),
        ("Unmatched", "A path that reaches nothing, where none is required."),
    ]

    static func samples(_ seeded: SeededBytes) throws -> [Sample] {
        try values(seeded) + names + fewSamples(seeded)
    }

    /// Returns the samples that vary the text around the fields, and those with lists.
    static func fewSamples(_ seeded: SeededBytes) throws -> [Sample] {
        try around(seeded) + lists(seeded)
    }

    /// Returns a request whose fields are the card number, the expiry date and the CVC.
    static func request(_ seeded: SeededBytes) throws -> FieldDocument {
        FieldDocument(
            paths: ["$.physicalCardNo", "$.physicalCardExpDate", "$.physicalCardCVC"],
            pieces: [
                .text("{\"userId\":\(try seeded.number(1...9_999_999_999_999_999_999, "userId")),\"physicalCardNo\":"),
                .field(path: "$['physicalCardNo']", value: "\"\(ParameterSamples.card)\""), ",\"physicalCardExpDate\":",
                .field(path: "$['physicalCardExpDate']", value: "\"\(try ParameterSamples.expiry(seeded))\""),
                ",\"physicalCardCVC\":",
                .field(path: "$['physicalCardCVC']", value: "\"\(try seeded.digits(3, "cvc"))\""), "}",
            ]
        )
    }

    /// Returns a document whose fields are a card number and a CVC.
    static func pair(_ seeded: SeededBytes) throws -> FieldDocument {
        FieldDocument(
            paths: ["$.physicalCardNo", "$.physicalCardCVC"],
            pieces: [
                "{\"physicalCardNo\":", .field(path: "$['physicalCardNo']", value: "\"\(ParameterSamples.card)\""),
                ",\"physicalCardCVC\":",
                .field(path: "$['physicalCardCVC']", value: "\"\(try seeded.digits(3, "cvc"))\""), "}",
            ]
        )
    }

    /// Returns a list of `count` items, each with the field `no`.
    static func items(_ seeded: SeededBytes, count: Int) throws -> FieldDocument {
        let items: [[Piece]] = try (0..<count).map { index in
            [
                index == 0 ? "{\"no\":" : ",{\"no\":",
                .field(path: "$[\(index)]['no']", value: "\"\(try seeded.digits(5, "no \(index)"))\""), "}",
            ]
        }
        return FieldDocument(paths: ["$[*].no"], pieces: ["["] + items.flatMap { $0 } + ["]"])
    }

    private static func values(_ seeded: SeededBytes) throws -> [Sample] {
        let random = try seeded.digits(300, "digits")
        return [
            ("a text", "\"\(random.prefix(9))\""), ("an empty text", "\"\""),
            ("a text of 300 characters", "\"\(random)\""),
            ("a text with escapes that need not be", "\"\\u0031\\/\""), ("a text beyond ASCII", "\"카드 💳\""),
            ("a text with half a surrogate pair", "\"\\uD83D\""), ("a number", "9999999999999999999"),
            ("a number that a double does not hold", "0.1000000000000000055511151231257827"), ("-0", "-0"),
            ("null", "null"), ("true", "true"), ("false", "false"), ("an empty list", "[]"), ("an empty object", "{}"),
            ("an object with white space in it", "{ \"a\" : [ 1 ,\n2 ] }"),
            ("an object with a name twice", "{\"a\":1,\"a\":2}"),
            ("a value that looks like a JWE", "\"e30.AA.AA.AA.AA\""),
        ].map { ("the value is \($0)", "Value", value($1)) }
    }

    private static func around(_ seeded: SeededBytes) throws -> [Sample] {
        let card = Piece.field(path: "$['physicalCardNo']", value: "\"\(ParameterSamples.card)\"")
        return [
            (
                "the whole document", "Document",
                FieldDocument(paths: ["$"], pieces: [.field(path: "$", value: "{\"a\":1}")])
            ),
            (
                "the whole document, with white space around it", "Document",
                FieldDocument(paths: ["$"], pieces: ["\n ", .field(path: "$", value: "[1, 2]"), "\t\n"])
            ),
            (
                "white space and escapes beside the field", "Document",
                FieldDocument(
                    paths: ["$.physicalCardNo"],
                    pieces: ["{ \"n\" : \"\\u00e9\\n\" ,\r\n\t\"physicalCardNo\"\t:\n", card, "  , \"x\":1.50E+2 } \n"]
                )
            ),
            (
                "a name twice in an object that no path goes through", "Document",
                FieldDocument(
                    paths: ["$.physicalCardNo"],
                    pieces: ["{\"a\":{\"b\":1,\"b\":2},\"physicalCardNo\":", card, "}"]
                )
            ),
            (
                "paths in another order than the document", "Document",
                FieldDocument(
                    paths: ["$.c", "$.a"],
                    pieces: [
                        "{\"a\":", .field(path: "$['a']", value: "1"), ",\"b\":2,\"c\":",
                        .field(path: "$['c']", value: "3"), "}",
                    ]
                )
            ),
            (
                "a path twice", "Document",
                FieldDocument(
                    paths: ["$.physicalCardNo", "$['physicalCardNo']"],
                    pieces: ["{\"physicalCardNo\":", card, "}"]
                )
            ),
            (
                "a path that reaches nothing beside one that does", "Unmatched",
                FieldDocument(
                    paths: ["$.physicalCardNo", "$.physicalCardCVC"],
                    pieces: ["{\"physicalCardNo\":", card, "}"],
                    requiresMatches: false
                )
            ),
            (
                "no path reaches anything", "Unmatched",
                FieldDocument(paths: ["$.a", "$.b[0]"], pieces: ["{\"b\":[]}"], requiresMatches: false)
            ),
        ]
    }

    private static var names: [Sample] {
        [
            ("a quote", "$[\"'\"]", "'", "\\'"), ("a double quote", "$['\"']", "\\\"", "\""),
            ("a backslash", "$['\\\\']", "\\\\", "\\\\"), ("a line feed", "$['\\n']", "\\n", "\\n"),
            ("a control character", "$['\\u0001']", "\\u0001", "\\u0001"), ("no characters", "$['']", "", ""),
            ("letters beyond ASCII", "$.카드", "카드", "카드"), ("an emoji, in escapes", "$['💳']", "\\uD83D\\uDCB3", "💳"),
            ("a full stop", "$['a.b']", "a.b", "a.b"), ("a letter in an escape", "$.a", "\\u0061", "a"),
            ("a number", "$['0']", "0", "0"),
        ].map { comment, path, spelling, normalized in
            ("a name: \(comment)", "Name", name(path, spelling: spelling, normalized: normalized))
        }
    }

    private static func lists(_ seeded: SeededBytes) throws -> [Sample] {
        let digital = { (index: Int) -> [Piece] in
            [
                .text("\(index == 0 ? "" : ","){\"digital\":{\"cardNo\":"),
                .field(
                    path: "$['issuedCardList'][\(index)]['digital']['cardNo']",
                    value: "\"\(ParameterSamples.card)\""
                ),
                ",\"par\":\"Q1\"}}",
            ]
        }
        return [
            (
                "a response's cards", "Wildcard",
                FieldDocument(
                    paths: ["$.issuedCardList[*].digital.cardNo"],
                    pieces: ["{\"issuedCardList\":["] + digital(0) + digital(1) + ["]}"]
                )
            ),
            (
                "an empty list: nothing to encrypt", "Wildcard",
                FieldDocument(paths: ["$.issuedCardList[*].digital.cardNo"], pieces: ["{\"issuedCardList\":[]}"])
            ),
            ("a list for a document", "Wildcard", try items(seeded, count: 3)),
            (
                "a wildcard over an object's members", "Wildcard",
                FieldDocument(
                    paths: ["$.*"],
                    pieces: [
                        "{\"b\":", .field(path: "$['b']", value: "1"), ",\"a\":", .field(path: "$['a']", value: "[2]"),
                        "}",
                    ]
                )
            ),
            (
                "an index", "Wildcard",
                FieldDocument(paths: ["$[1]"], pieces: ["[0,", .field(path: "$[1]", value: "1"), ",2]"])
            ),
            (
                "the tenth of ten", "Wildcard",
                FieldDocument(paths: ["$[9]"], pieces: ["[0,1,2,3,4,5,6,7,8,", .field(path: "$[9]", value: "9"), "]"])
            ),
        ]
    }
}
