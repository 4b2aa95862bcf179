import Foundation
import KMDiagnosis
import KMTestSupport
import Testing

@Suite("Findings have the position of the number")
struct PANScanPlaceTests {
    private static let card = TestNumbers.card

    /// Returns `line:column path` of each finding; `@` in the text stands for the card number.
    private func places(_ text: String) -> [String] {
        panFindings(text.replacing("@", with: Self.card)).map { finding in
            "\(finding.line):\(finding.column)" + (finding.jsonPath.map { " \($0)" } ?? "")
        }
    }

    @Test("Lines and columns begin at 1, and columns are bytes")
    func linesAndColumns() {
        #expect(places("@\n @\r\n\n  @") == ["1:1", "2:2", "4:3"])
        #expect(places("카@") == ["1:4"])
        #expect(places("\u{FEFF}@") == ["1:1"])
        #expect(places(String(repeating: "x\n", count: 500_000) + "@") == ["500001:1"])
    }

    @Test("In UTF-16 with a byte order mark, columns are code units")
    func utf16() throws {
        for (encoding, mark) in [
            (String.Encoding.utf16LittleEndian, [0xFF, 0xFE] as [UInt8]), (.utf16BigEndian, [0xFE, 0xFF]),
        ] {
            // U+0A0A and U+010A contain the byte of a newline.
            let text = "\u{0A0A}\u{010A}\n카드 \(Self.card)\r\n\(Self.card)"
            let findings = panFindings(mark + (try #require(text.data(using: encoding))))
            #expect(findings.map { [$0.line, $0.column] } == [[2, 4], [3, 1]])
        }
    }

    @Test("Findings in a JSON document have paths")
    func document() {
        #expect(places(#"{"a":{"b c":["x",{"d":"@"}]},"e":@}"#) == ["1:24 $.a['b c'][1].d", "1:49 $.e"])
        #expect(
            places("{\n \"list\": [\n  {\"card\": \"@ and @\"},\n  @\n ]\n}\n")
                == ["3:13 $.list[0].card", "3:34 $.list[0].card", "4:3 $.list[1]"]
        )
        #expect(places("\u{FEFF}{\n\"a\":\n\"@\"}") == ["3:2 $.a"])
        #expect(places(#"["@"]"#) == ["1:3 $[0]"])
        #expect(
            places(#"{"카드":"@","a'b":"@","":"@","1a":"@"}"#).map { $0.split(separator: " ")[1] } == [
                "$.카드", #"$['a\'b']"#, "$['']", "$['1a']",
            ]
        )
        let deep = String(repeating: "[", count: 300) + "@" + String(repeating: "]", count: 300)
        #expect(places(deep) == ["1:301 $" + String(repeating: "[0]", count: 300)])
    }

    @Test("Findings in lines that are JSON documents have paths")
    func lines() {
        let text = #"""
            {"n":1,"card":"@"}
            plain @
            ["@"]
            {"broken":"@"
            @
            "@"
            """#
        #expect(places(text) == ["1:16 $.card", "2:7", "3:3 $[0]", "4:12 $.broken", "5:1", "6:2"])
        #expect(places("[2022-11-08] @\n{\"a\":\"@\"}") == ["1:14", "2:7 $.a"])
        #expect(places("{\n{\"a\": \"@\"}\n") == ["2:8 $.a"])
        #expect(places("{\"a\":1} @\n @\n[\n{\"a\":\n\"@\"}]\n@") == ["1:9", "2:2", "5:2 $[0].a", "6:1"])
    }

    @Test("Paths end at a syntax error, and resume at the next line that begins an object or array")
    func departures() {
        #expect(places("{\n\"a\": \"@\"\n") == ["2:7 $.a"])
        #expect(places("{\"a\": \"@\", b: \"@\"}\n[\"@\"") == ["1:8 $.a", "1:31", "2:3 $[0]"])
        #expect(places("{\"a\": [\"@\"}, \"@\"]\n[\"@\"]") == ["1:9 $.a[0]", "1:30", "2:3 $[0]"])
        #expect(places("{\"a\": \"x\n@\n[\"@\"]") == ["2:1", "3:3 $[0]"])
        #expect(places("{\"a\": \"x\\\n[\"@\"]") == ["2:3 $[0]"])
        #expect(places("{\"a\" \"@\"}\n{\"a\",\"@\"}\n{\"a\":,\"@\"}\n[]]\"@\"").allSatisfy { !$0.contains("$") })
        #expect(
            places(#"{"a\\":"@","b\\\"":["@"],"c":"\\@"}"#).map { $0.split(separator: " ").last } == [
                #"$['a\\']"#, #"$['b\\"'][0]"#, "$.c",
            ]
        )
        #expect(places("[[],{},[1,-2.5e+3,true,null],\"\",@]") == ["1:33 $[4]"])
        #expect(places("[INFO] @\n[main, @]\n[true] @") == ["1:8", "2:8", "3:8"])
        let deep = String(repeating: "[", count: 600)
        #expect(places("\(deep)\"@\"\n[\"@\"]") == ["1:602", "2:3 $[0]"])
    }

    @Test(
        "A member name that arrives in parts is masked and shortened like a whole one",
        arguments: [0, 200, 5000, 200_000]
    )
    func namesInParts(_ count: Int) {
        let escapes = (0..<40).map { "\\u00\(String($0 % 26 + 0x41, radix: 16))" }.joined()
        for filler in [String(repeating: "n", count: count), String(repeating: escapes, count: count / 200)] {
            let text = Array("{\n\"\(filler)\(Self.card)\(filler)\": {\"\(Self.card)\": \"\(Self.card)\"}}".utf8)
            let whole = panFindings(text)
            #expect(whole.count == 3 && whole.allSatisfy { $0.jsonPath?.contains(Self.card) == false })
            for size in [97, 1000, 100_000] {
                var scanner = PANScanner()
                var findings: [PANFinding] = []
                for start in stride(from: 0, to: text.count, by: size) {
                    scanner.append(text.span.extracting(start..<min(text.count, start + size))) { findings.append($0) }
                }
                scanner.finish { findings.append($0) }
                #expect(findings == whole)
            }
        }
    }

    @Test("A card number in a member name is found, and is masked in every path")
    func names() {
        let masked = "949133******0765"
        #expect(places(#"{"@":{"x":"@"}}"#) == ["1:3 $['\(masked)']", "1:27 $['\(masked)'].x"])
        #expect(places(#"{"card @!":["@"]}"#).last == "1:29 $['card \(masked)!'][0]")
        let escaped = Self.card.utf8.map { "\\u00\(String($0, radix: 16))" }.joined()
        #expect(
            places("{\"\(escaped)\":\"@\"}").map { $0.split(separator: " ")[1] } == [
                "$['\(masked)']", "$['\(masked)']",
            ]
        )
    }

    @Test("A long member name is shortened, but never within a card number", arguments: 235...262)
    func longNames(_ count: Int) throws {
        let name = String(repeating: "a", count: count) + "-\(Self.card)-" + String(repeating: "b", count: 100_000)
        let finding = try #require(panFindings("{\"\(name)\":[\"x\", \"\(Self.card)\"]}").last)
        let path = try #require(finding.jsonPath)
        #expect(path.utf8.count < 300 && path.hasSuffix("…'][1]"))
        #expect(!path.contains("33940125"))
    }

    @Test("A long path keeps its beginning and its end, and its length is limited")
    func longPaths() throws {
        for (depth, name) in [(500, String(repeating: "n", count: 256)), (500, "n"), (511, "\\u0001\\u0002"), (3, "x")]
        {
            let open = (0..<depth).map { "{\"\($0)\(name)\":" }.joined() + "["
            let close = "]" + String(repeating: "}", count: depth)
            let cards = Array(repeating: "\"\(Self.card)\"", count: 200).joined(separator: ",")
            let paths = panFindings(open + cards + close).compactMap(\.jsonPath)
            #expect(paths.count == 200)
            #expect(paths.allSatisfy { $0.utf8.count < 1100 && $0.contains("…") == (depth > 3) })
            #expect(paths.first?.hasPrefix("$['0") == true && paths.last?.hasSuffix("[199]") == true)
        }
        let controls = String(repeating: "\\u0001", count: 256)
        #expect(places("{\"\(controls)\":\"@\"}").map { $0.suffix(2) } == ["$…"])
    }

    @Test("Findings in a large document have paths")
    func largeDocument() {
        let filler = String(repeating: "{\"x\":[1,\"y\"]},\n", count: 60_000)
        #expect(places("{\"a\":[\n\(filler)\"@\"],\"b\":\"@\"}") == ["60002:2 $.a[60000]", "60002:26 $.b"])
    }

    @Test("Masking changes only the card numbers of a text")
    func masking() {
        #expect(PANScanner.masking("a 4111-1111-1111-1111, \(Self.card)") == "a 411111******1111, 949133******0765")
        #expect(PANScanner.masking("카드 20221108120814608") == "카드 20221108120814608")
    }

    @Test("Scanners and findings do not print card numbers")
    func redaction() throws {
        var scanner = PANScanner()
        let bytes = Array("{\"a\":\"\(Self.card)\"".utf8)
        scanner.append(bytes.span) { _ in Issue.record("too early") }
        let findings = panFindings(bytes)
        #expect(findings.count == 1)
        #expect(
            !shows(printings(of: scanner) + printings(of: findings), Array(Self.card.utf8.dropFirst(6).dropLast(2)))
        )
    }
}
