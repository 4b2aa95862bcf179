/// Parameters of requests and responses, and other JSON texts that are valid or not valid as parameters.
enum ParameterSamples {
    /// The card number of the platform's public test card.
    static let card = "9491339401250765"

    /// Returns the parameters of a request.
    static func request(_ seeded: SeededBytes) throws -> String {
        let userID = try seeded.number(1...9_999_999_999_999_999_999, "userId")
        return """
            {"userId":\(userID),"physicalCardNo":"\(card)","physicalCardExpDate":"\(try expiry(seeded))",\
            "physicalCardCVC":"\(try seeded.digits(3, "cvc"))"}
            """
    }

    /// Returns the parameters of a response with `count` cards.
    static func response(_ seeded: SeededBytes, count: Int) throws -> String {
        let cards = try (0..<count).map { index in
            let own = seeded.scope("card \(index)")
            return """
                {"cardApplyNo":"\(try own.digits(22, "cardApplyNo"))","issueType":"ISSUE","digital":{"cardNo":"\(card)",\
                "par":"\(try par(own))","serviceId":"\(try own.digits(15, "serviceId"))","serviceName":"카드",\
                "mobileCardCVC":"\(try own.digits(3, "cvc"))"},"status":"COMPLETE",\
                "values":{"balance":\(try own.number(0...9_999_999_999, "balance"))},"requester":"APP"}
                """
        }
        return "{\"issuedCardList\":[\(cards.joined(separator: ","))]}"
    }

    /// Returns an expiry date, YYMM.
    static func expiry(_ seeded: SeededBytes) throws -> String {
        let month = try seeded.number(1...12, "month")
        return "\(try seeded.number(26...39, "year"))\(month < 10 ? "0" : "")\(month)"
    }

    /// Returns a random text in the form of a PAR.
    static func par(_ seeded: SeededBytes) throws -> String {
        "Q1" + (try seeded.bytes(25, "par").map { String($0 % 16, radix: 16, uppercase: true) }.joined())
    }

    /// Returns valid JSON texts, which must be the same byte for byte after decryption.
    static func valid(_ seeded: SeededBytes) throws -> [(comment: String, bytes: [UInt8])] {
        [
            ("a request", try ParameterSamples.request(seeded)),
            ("a response of one card", try ParameterSamples.response(seeded, count: 1)),
            ("a response of three cards", try ParameterSamples.response(seeded, count: 3)),
            ("an object without members", "{}"), ("a list", "[1,[2],\"3\"]"), ("a number", "1.50E+2"),
            ("a text", "\"\""),
            ("null", "null"), ("white space around and within", " \r\n\t{ \"a\" : [ ] } \n"),
            ("numbers that a double does not hold", "[9999999999999999999,0.1000000000000000055511151231257827]"),
            ("escapes that need not be", "{\"\\u0061\":\"\\/\\u00e9\"}"), ("letters beyond ASCII", "{\"이름\":\"카드 💳\"}"),
            ("half a surrogate pair, in an escape", "\"\\uD83D\""), ("a member twice", "{\"a\":1,\"a\":2}"),
            ("what is encrypted already", "{\"encData\":\"e30.AA.AA.AA.AA\"}"),
            ("lists nested to 64", nested(64)), ("15 bytes", "\"\(try seeded.digits(13, "a"))\""),
            ("16 bytes", "\"\(try seeded.digits(14, "b"))\""), ("17 bytes", "\"\(try seeded.digits(15, "c"))\""),
            ("2000 digits in a text", "\"\(try seeded.digits(2000, "d"))\""),
        ].map { ($0, Array($1.utf8)) }
    }

    /// Returns texts that are not valid JSON.
    static func malformed(_ seeded: SeededBytes) throws -> [(comment: String, bytes: [UInt8])] {
        let request = Array(try ParameterSamples.request(seeded).utf8)
        let cut = try seeded.index(below: request.count, "cut")
        return [("a request that is cut short", Array(request.prefix(cut)))]
            + [
                ("nothing", ""), ("white space alone", " \n"), ("two texts", "{}{}"),
                ("a comma behind the text", "{},"),
                ("a comma before the closing brace", "{\"a\":1,}"), ("a comma before the closing bracket", "[1,]"),
                ("single quotes", "{'a':1}"), ("a name without quotes", "{a:1}"), ("a comment", "{}//"),
                ("a byte order mark", "\u{FEFF}{}"), ("NaN", "{\"a\":NaN}"), ("a leading zero", "[01]"),
                ("a number that ends in a full stop", "[1.]"), ("a plus sign", "[+1]"), ("a word cut short", "[tru]"),
                ("a word in capital letters", "[TRUE]"), ("a line feed in a text", "[\"\n\"]"),
                ("an escape that is none", "[\"\\x\"]"), ("an escape of three digits", "[\"\\u123\"]"),
                ("a bracket that closes a brace", "{\"a\":1]"), ("a space that is none of JSON's", "[1,\u{A0}2]"),
            ].map { ($0, Array($1.utf8)) }
            + [
                ("a byte that is not UTF-8", Array("[\"".utf8) + [0xFF] + Array("\"]".utf8)),
                ("an overlong UTF-8 sequence", Array("[\"".utf8) + [0xC0, 0xAF] + Array("\"]".utf8)),
                ("a surrogate in UTF-8", Array("[\"".utf8) + [0xED, 0xA0, 0x80] + Array("\"]".utf8)),
                ("UTF-16", [0x7B, 0, 0x7D, 0]),
            ]
    }

    /// Returns empty lists nested to a depth.
    static func nested(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
}
