/// The pieces of nearly valid bodies.
enum MutantPieces {
    /// Pieces of syntax to insert anywhere.
    static let syntax = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0061", "\\ud800", "\\udc00", "\\/", "\\n", "\u{1}", "\u{7F}",
        "\u{FEFF}", "é", "한", "😀", " ", "\t", "\r\n", "0", "-0", "01", "1.5e+7", "1e", "true", "nul", "null", "{}",
        "[]",
        "\"a\":1,", ",\"a\":1", "\"encData\":", ".", "..", "=", "A", "_", "-", "+",
    ]

    /// Members to insert into headers and bodies.
    static let members = [
        #""crit":[]"#, #""crit":null"#, #""zip":"DEF""#, #""zi\u0070":1"#, #""Zip":"DEF""#, #""alg":"RSA-OAEP""#,
        #""alg":"RSA-OAEP-256""#, #""alg":"RSA\u002dOAEP-256""#, #""alg":"rsa-oaep-256""#, #""alg":null"#,
        #""enc":"A128GCM""#, #""enc":"A192GCM""#, #""enc":["A256GCM"]"#, #""kid":null"#, #""kid":"""#,
        #""kid":"0b6d5b9d6d5f4c3e8a7f1e2d3c4b5a69""#, #""kid":"0B6D5B9D6D5F4C3E8A7F1E2D3C4B5A69""#, #""cty":"json""#,
        #""cty":"JSON""#, #""cty":1"#, #""path":"$['a']""#, #""path":"$.a""#, #""path":1"#, #""path":{"path":"$"}"#,
        #""p\u0061th":"$['\u0061']""#, #""cid":"260102030405-0a1b2c3""#, #""cid":"260102030405-0A1B2C3""#,
        #""cid":null"#,
        #""typ":"\ud800""#, #""\udc00":0"#, #""x":["\ud800"]"#, #""x":{"a":1,"a":2}"#, #""":"""#, #""é":"e\u0301""#,
        #""x":[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]"#, #""x":[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]"#, #""encData":"a.b""#,
        "\"x\":\"\(String(repeating: "y", count: 4096))\"", (0..<26).map { "\"x\($0)\":0" }.joined(separator: ","),
        (0..<31).map { "\"x\($0)\":0" }.joined(separator: ","),
    ]

    /// Plaintexts of messages and fields; the last two are not valid in a field.
    static let plaintexts = [
        #"{"userId":9999999999999999999,"physicalCardNo":"9491339401250765"}"#, "{}", "null", "-0.5e3", #""é\ud83d""#,
        #"{"a":{"b":[[[[true]]]]}}"#, #" [1, {"a": 1, "a": 2}] "#,
        String(repeating: "[", count: 63) + String(repeating: "]", count: 63),
    ]
}
