import Foundation
import KMDiagnosis
import KMTestSupport
import Testing

@Suite("A text can arrive in parts of any size")
struct PANScanStreamTests {
    /// A text with card numbers, and their byte ranges.
    private struct Planted {
        var text: [UInt8] = []
        var ranges: [Range<Int>] = []
    }

    private static let fillers = [
        "lorem ipsum ", "2022-11-08T12:08:14.608Z ", "{\"a\":[1,\"x\"]}", "\n", "\r\n", "{\"n\":\"\\u0041\\n\"}\n",
        "20221108120814608 ",
        "0.4111111111111111 ", "카드 ", "[\n", "]\n", "{\"k\":\"", "\"}\n", "\u{0}\u{0}",
        "uLD+mU8mz9K95neGiSJTSsF3zzAQJglCggZA ", "1.5 ",
    ]

    private static func planted(_ size: Int, using generator: inout SeededGenerator) -> Planted {
        var planted = Planted()
        while planted.text.count < size {
            planted.text += (fillers.randomElement(using: &generator) ?? "").utf8
            guard Int.random(in: 0..<3, using: &generator) == 0 else { continue }
            let number = TestNumbers.any(using: &generator)
            let spellings = [number] + [" ", "-", "%20"].compactMap { TestNumbers.grouped(number, by: $0) }
            let spelling = (spellings.randomElement(using: &generator) ?? number).utf8
            planted.text.append(UInt8(ascii: "|"))
            planted.ranges.append(planted.text.count..<planted.text.count + spelling.count)
            planted.text += spelling
            planted.text.append(UInt8(ascii: "|"))
        }
        return planted
    }

    private func findings(_ text: [UInt8], cut: (Int) -> Int) -> [PANFinding] {
        var scanner = PANScanner()
        var findings: [PANFinding] = []
        var start = 0
        while start < text.count {
            let end = start + min(text.count - start, max(1, cut(start)))
            scanner.append(text.span.extracting(start..<end)) { findings.append($0) }
            start = end
        }
        scanner.finish { findings.append($0) }
        return findings
    }

    @Test("All inserted numbers are found, and nothing else", arguments: 0..<60 as Range<UInt64>)
    func planted(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let planted = Self.planted(8000, using: &generator)
        #expect(panFindings(planted.text).map(\.byteRange) == planted.ranges)
    }

    @Test("The findings are the same wherever the text is split")
    func everyCut() {
        var generator = SeededGenerator(seed: 99)
        let planted = Self.planted(1500, using: &generator)
        let whole = findings(planted.text) { _ in .max }
        #expect(whole.map(\.byteRange) == planted.ranges)
        for place in planted.text.indices {
            #expect(findings(planted.text) { $0 == 0 ? place : .max } == whole, "cut at \(place)")
        }
    }

    @Test("The findings are the same for parts of any size", arguments: 0..<40 as Range<UInt64>)
    func anyParts(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let text = Self.planted(6000, using: &generator).text
        let whole = findings(text) { _ in .max }
        #expect(findings(text) { _ in 1 } == whole)
        for most in [30, 900] {
            #expect(findings(text) { _ in Int.random(in: 1...most, using: &generator) } == whole)
        }
    }

    @Test("An escaped number is found wherever the search stopped before, inside its escapes too")
    func everyStop() {
        let filler = Array(String(repeating: "x", count: 1500).utf8)
        for number in [
            #"\u0039491339401250765"#, #"\u0039\u0034\u00391339401250765"#, "%39491339401250765",
            "&#57;491339401250765", "&#x39;491339401250765", "\u{FF19}491339401250765", TestNumbers.card,
        ] {
            let text = filler + Array(": \(number) ".utf8) + filler
            let whole = PANScanner.findings(in: text.span)
            #expect(whole.count == 1, "\(number)")
            for size in [1, 2, 3] { #expect(findings(text) { _ in size } == whole, "\(number)") }
        }
    }

    @Test("Paths are the same wherever a document is split")
    func document() {
        let text = Array("{\n \"list\": [\n  {\"card\": \"\(TestNumbers.card)\"},\n  \(TestNumbers.card)\n ]\n}\n".utf8)
        let whole = findings(text) { _ in .max }
        #expect(whole.map(\.jsonPath) == ["$.list[0].card", "$.list[1]"])
        for place in text.indices { #expect(findings(text) { $0 == 0 ? place : .max } == whole) }
        #expect(findings(text) { _ in 1 } == whole)
    }

    @Test("A finding is reported after 1 KiB more text, and a scanner can be reused")
    func lines() {
        var scanner = PANScanner()
        var lines: [Int] = []
        let line = Array("INFO \(TestNumbers.card) \(String(repeating: "x", count: 1000))\n".utf8)
        for _ in 0..<3 { scanner.append(line.span) { lines.append($0.line) } }
        #expect(lines == [1, 2])
        scanner.finish { lines.append($0.line) }
        #expect(lines == [1, 2, 3])
        var offsets: [Int] = []
        scanner.append(line.span) { offsets.append($0.byteRange.lowerBound) }
        #expect(offsets.isEmpty)
        scanner.finish { offsets.append($0.byteRange.lowerBound) }
        scanner.finish { offsets.append($0.byteRange.lowerBound) }
        #expect(offsets == [5])
    }

    @Test("An error from the closure ends the scan of the part, and no finding is reported twice")
    func failure() {
        struct Full: Error {}
        var scanner = PANScanner()
        var lines: [Int] = []
        let text = Array(String(repeating: "\(TestNumbers.card)\n", count: 1000).utf8)
        #expect(throws: Full.self) {
            try scanner.append(text.span) { finding throws(Full) in
                lines.append(finding.line)
                if finding.line == 3 { throw Full() }
            }
        }
        scanner.append(text.span) { lines.append($0.line) }
        scanner.finish { lines.append($0.line) }
        #expect(lines == Array(1...2000))
    }

    @Test("Memory does not grow with findings, depth, member names or line length")
    func memory() {
        let card = TestNumbers.card
        for (unit, opening) in [
            ("\(card),", "["), ("[", ""), ("{\"\(card)\":", ""), ("\(card)n", "{\""), ("\\u0039", "[{\"a\":{\""),
            (card, ""),
            (" ", "[\"\(card)\""), ("\n", "[\"\(card)\""), ("\"\(card)\",\n", "["), ("\(card)\\", "[\""),
        ] {
            var scanner = PANScanner()
            let part = Array(String(repeating: unit, count: (64 << 10) / unit.utf8.count).utf8)
            scanner.append(Array(opening.utf8).span) { _ in }
            for _ in 0..<8 {
                scanner.append(part.span) { _ in }
                let held = Int("\(scanner)".filter(\.isNumber)) ?? .max
                #expect(held < 300_000, "\(unit): \(held) bytes")
            }
        }
    }

    @Test("A part of several MiB is scanned completely")
    func large() {
        var text = [UInt8](repeating: UInt8(ascii: "x"), count: (1 << 20) - 8)
        text += " \(TestNumbers.card) ".utf8
        text += [UInt8](repeating: UInt8(ascii: "7"), count: 3 << 20)
        text += " \(TestNumbers.card)".utf8
        #expect(panFindings(text).map(\.byteRange.lowerBound) == [(1 << 20) - 7, text.count - 16])
    }

    @Test("Damaged text does not trap, and findings stay within the text", arguments: 0..<8 as Range<UInt64>)
    func damage(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let escapes = #"{"a":"\u0039491339401250765","9491 3394 0125 0765":[%39491339401250765,&#57;491339401250765]}"#
        for _ in 0..<Effort.rounds(300) {
            var text = Self.planted(300, using: &generator).text + escapes.utf8
            if Bool.random(using: &generator) { text = text.flatMap { [$0, 0] } }
            text = text.mutated(using: &generator)
            let whole = findings(text) { _ in .max }
            var end = 0
            for finding in whole {
                #expect(finding.byteRange.lowerBound >= end && finding.byteRange.upperBound <= text.count)
                #expect(finding.line > 0 && finding.column > 0 && PAN.digitCounts.contains(finding.digitCount))
                end = finding.byteRange.upperBound
            }
            #expect(findings(text) { _ in Int.random(in: 1...50, using: &generator) } == whole)
        }
    }
}
