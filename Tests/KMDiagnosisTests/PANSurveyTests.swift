import KMDiagnosis
import KMTestSupport
import Testing

@Suite("A scanner finds the same in a part with its survey")
struct PANSurveyTests {
    private static let pieces = [
        "lorem ipsum ", "20221108120814608 ", "12345678901234567890 ", "010-1234-5678 ", "4111 1111 1111 1111",
        "|", "|", "378282246310005|", "\n", "\n", "\r\n", "\n  {", "\n[", "}\n", "]\n", "{\"a\":[1,\"x\"]}\n",
        "{\"k\":\"", "\"}\n", "[{\"card\":", "%34", "\\u0034", "\u{FF14}", "카드 ", "\u{0}", "4\u{0}1\u{0}1\u{0}",
        "5A08", "D2512101 ", String(repeating: "x", count: 300), String(repeating: " ", count: 90) + "\n",
        String(repeating: "\n ", count: 60),
    ]

    private static func text(_ byteCount: Int, using generator: inout SeededGenerator) -> [UInt8] {
        var text: [UInt8] = []
        while text.count < byteCount {
            if Int.random(in: 0..<4, using: &generator) == 0 {
                text += TestNumbers.any(using: &generator).utf8
            } else {
                text += (pieces.randomElement(using: &generator) ?? "").utf8
            }
        }
        return text
    }

    @Test("In parts of any size", arguments: 0..<40 as Range<UInt64>)
    func parts(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let text = Self.text(40_000, using: &generator)
        for issuers in [IssuerRange.known, nil] {
            let whole = PANScanner.findings(in: text.span, issuers: issuers)
            #expect(!whole.isEmpty)
            for size in [100, 1200, 3000, 40_000] {
                var scanner = PANScanner(issuers: issuers)
                var findings: [PANFinding] = []
                for start in stride(from: 0, to: text.count, by: size) {
                    let part = text.span.extracting(start..<min(text.count, start + size))
                    scanner.append(part, PANSurvey(part, issuers)) { findings.append($0) }
                }
                scanner.finish { findings.append($0) }
                #expect(findings == whole, "parts of \(size) bytes")
            }
        }
    }

    @Test("A part without its survey can follow")
    func mixed() {
        var generator = SeededGenerator(seed: 1)
        let text = Self.text(20_000, using: &generator)
        let half = text.span.extracting(..<10_000)
        var scanner = PANScanner()
        var findings: [PANFinding] = []
        scanner.append(half, PANSurvey(half, IssuerRange.known)) { findings.append($0) }
        scanner.append(text.span.extracting(10_000...)) { findings.append($0) }
        scanner.finish { findings.append($0) }
        #expect(findings == PANScanner.findings(in: text.span))
    }
}
