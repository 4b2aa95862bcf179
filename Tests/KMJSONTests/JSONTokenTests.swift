import KMJSON
import KMPrimitives
import KMTestSupport
import Testing

@Suite struct JSONTokenTests {
    private let document = #" { "a" : [ 1.5e3 , "x\n" , true ] , "\u0062":{},"c":null , "d":false } "#.bytes

    @Test func tokensHaveAKindARangeAndADepth() throws {
        let tokens = try scan(document)
        let texts = tokens.map { String(decoding: document[$0.range], as: UTF8.self) }
        #expect(
            texts == [
                "{", #""a""#, "[", "1.5e3", #""x\n""#, "true", "]", #""\u0062""#, "{", "}", #""c""#, "null", #""d""#,
                "false", "}", "",
            ]
        )
        #expect(
            tokens.map(\.token) == [
                .objectStart, .name, .arrayStart, .number, .string, .true, .arrayEnd, .name, .objectStart, .objectEnd,
                .name, .null, .name, .false, .objectEnd, .end,
            ]
        )
        #expect(tokens.map(\.depth) == [1, 1, 2, 2, 2, 2, 1, 1, 2, 1, 1, 1, 1, 1, 0, 0])
        #expect(tokens.last?.range == document.count..<document.count)
    }

    /// `hasEscapes` describes the last token, and no earlier one.
    @Test func escapesAreReportedForTheirTokenOnly() throws {
        let tokens = try scan(document)
        #expect(
            tokens.filter(\.hasEscapes).map { String(decoding: document[$0.range], as: UTF8.self) } == [
                #""x\n""#, #""\u0062""#,
            ]
        )
    }

    @Test func theEndRepeats() throws {
        let text = "1 ".bytes
        var scanner = JSONScanner()
        #expect(try scanner.next(in: text.span) == .number)
        for _ in 0..<3 { #expect(try scanner.next(in: text.span) == .end) }
        #expect(scanner.range == 2..<2)
    }

    @Test func skippingCoversTheWholeValue() throws {
        let values = [
            "[]", "{}", "1", #""x""#, "true", "null", #"[1,[2,{"a":[3]}],{"b":{}}]"#, #"{"a":{"b":[{}]},"c":"]}"}"#,
        ]
        for value in values {
            let text = #"{"first":\#(value),"second":2}"#.bytes
            var scanner = JSONScanner()
            #expect(try scanner.next(in: text.span) == .objectStart)
            #expect(try scanner.next(in: text.span) == .name)
            let token = try scanner.next(in: text.span)
            try scanner.skipValue(in: text.span, startedBy: token)
            #expect(String(decoding: text[scanner.range], as: UTF8.self) == value)
            #expect(scanner.depth == 1)
            #expect(try scanner.next(in: text.span) == .name)
            #expect(String(decoding: text[scanner.range], as: UTF8.self) == #""second""#)
        }
    }

    @Test func skippingChecksTheSyntax() throws {
        for value in ["[1,]", "[1", #"{"a"}"#, #"["\x"]"#, "[[[]]"] {
            let text = "[\(value)".bytes
            let code = rejection {
                var scanner = JSONScanner()
                _ = try scanner.next(in: text.span)
                try scanner.skipValue(in: text.span, startedBy: try scanner.next(in: text.span))
                _ = try scanner.next(in: text.span)
            }
            #expect(code == .malformedJSON, "\(value)")
        }
    }

    /// A call in the wrong order still returns.
    @Test(.timeLimit(.minutes(20))) func skippingAfterTheEndReturns() throws {
        let text = "[1]".bytes
        var scanner = JSONScanner()
        while try scanner.next(in: text.span) != .end {}
        try scanner.skipValue(in: text.span, startedBy: .arrayStart)
        #expect(scanner.depth == 0)
    }

    @Test func aCopyRestoresThePosition() throws {
        let text = "[1,2,3]".bytes
        var scanner = JSONScanner()
        _ = try scanner.next(in: text.span)
        _ = try scanner.next(in: text.span)
        let bookmark = scanner
        while try scanner.next(in: text.span) != .end {}
        scanner = bookmark
        #expect(try scanner.next(in: text.span) == .number)
        #expect(scanner.range == 3..<4)
    }

    /// After an error, or if the document changes between calls, tokens mean nothing, but no call traps.
    @Test func misuseDoesNotTrap() {
        var generator = SeededGenerator(seed: 5)
        let documents = [document, [], "[".bytes, "\"".bytes, "[[[[{".bytes, "}]}]".bytes, #"{"a":"#.bytes, "1".bytes]
        for _ in 0..<500 {
            var scanner = JSONScanner(maximumDepth: 3)
            for _ in 0..<30 {
                let other = documents[Int.random(in: documents.indices, using: &generator)]
                let token = try? scanner.next(in: other.span)
                #expect(scanner.depth >= 0 && scanner.depth <= 3)
                if let token, token != .end { #expect(scanner.range.upperBound <= other.count) }
            }
        }
    }
}
