import Foundation
import KMSecurity
import KMTestSupport
import Testing

/// What is found.
@Suite("Card numbers in the clear are found")
struct PANScanDetectionTests {
    /// What a number can stand in; the at sign is its place.
    private static let contexts = [
        "@", " @ ", "\t@\n", "\r\n@\r\n", "\"@\"", "'@'", "card=@&x=1", "(@)", "[@,@]", "<pan>@</pan>",
        ";@=28121010000000?",
        "%B@^DOE/J^2812", "%25B@%5EDOE", "nr.@.", "@, and", "-@-", "x-@-y", "/cards/@/limits", "#@",
        "08:14:22 @ in 15ms",
        "카드번호@입니다", "«@»", #"{\"pan\":\"@\"}"#, #""\n@\n""#, #""a\t@\r""#, #""\u0020@\u0020""#, #""\u003d@\u003d""#,
        "%20@%20", "%3D@%26", "%22@%22", "\u{0}@\u{0}", "|@|", "{@}", "*@*", "@;@", "@\u{1F4B3}", "\u{FF}@",
        "card_@_x", "\u{1B}[31m@\u{1B}[0m", #"\u001b[1;31m@\u001b[0m"#, #"\x1b[1m@"#, #"\033[1m@"#, "@D2812101", "@.0",
        "@.00,",
    ]

    /// The ways to write a number, beside its bare digits.
    private static func spellings(_ number: String) -> [String] {
        let separators = [" ", "-", "+", "%20", "%2D", #"\u0020"#, "\u{A0}", "\u{2013}", "&nbsp;", "&#32;"]
        let scalars = number.unicodeScalars.map(\.value)
        return [
            number, scalars.map { "\\u00\(String($0, radix: 16))" }.joined(),
            scalars.map { "%\(String($0, radix: 16))" }.joined(), scalars.map { "&#\($0);" }.joined(),
            scalars.map { "&#x\(String($0, radix: 16));" }.joined(),
            #"\u003"# + number, "%3" + number, number.dropLast() + #"\u003"# + number.suffix(1),
            "&#\(scalars[0]);" + number.dropFirst(),
        ] + separators.compactMap { TestNumbers.grouped(number, by: $0) }
    }

    @Test("Every published number, however written, wherever it stands", arguments: TestNumbers.published)
    func published(_ number: String, _ issuer: String) throws {
        let masked = try PAN(number).masked()
        for spelling in Self.spellings(number) {
            for context in Self.contexts {
                let text = context.replacing("@", with: spelling)
                let findings = panFindings(text)
                let count = context.count { $0 == "@" }
                #expect(findings.map(\.masked) == Array(repeating: masked, count: count), "\(context) \(spelling)")
                #expect(findings.allSatisfy { $0.issuer == issuer && $0.digitCount == number.count })
                for finding in findings {
                    let part = Array(text.utf8)[finding.byteRange]
                    #expect(String(decoding: part, as: UTF8.self) == spelling)
                }
            }
        }
    }

    @Test("In UTF-16, with a mark or none, from an even or an odd place on")
    func utf16() throws {
        for (number, _) in TestNumbers.published {
            for text in [
                number, "카드 \(number) 입니다", "カ\(number)갱", "\"\(number)\"", TestNumbers.grouped(number, by: "-"),
            ] {
                for encoding in [String.Encoding.utf16LittleEndian, .utf16BigEndian] {
                    guard let text, let bytes = text.data(using: encoding) else { continue }
                    for prefix in [[], [0x41], encoding == .utf16BigEndian ? [0xFE, 0xFF] : [0xFF, 0xFE]] as [[UInt8]] {
                        #expect(panFindings(prefix + bytes).map(\.digitCount) == [number.count], "\(text)")
                    }
                }
            }
        }
    }

    @Test("Numbers close together, and what follows a number")
    func neighbours() {
        #expect(panFindings("4111111111111111,5555555555554444;378282246310005").count == 3)
        #expect(panFindings("4111 1111 1111 1111 5555 5555 5555 4444").map(\.issuer) == ["Visa", "Mastercard"])
        #expect(panFindings("4111 1111 1111 1111 123").map(\.digitCount) == [16])
        #expect(panFindings("4111-1111-1111-1111-0326").map(\.digitCount) == [16])
        #expect(panFindings("2022 4111 1111 1111 1111").map(\.digitCount) == [16])
        #expect(panFindings("6228480402564890018 622848 0402564890018").map(\.digitCount) == [19, 19])
    }

    @Test("Issuers of one's own, and numbers of none")
    func issuers() {
        let gift = IssuerRange("gift", 7...7, digitCounts: [16])
        var generator = SeededGenerator(seed: 11)
        let number = TestNumbers.number("7001", count: 16, using: &generator)
        #expect(panFindings(number).isEmpty)
        #expect(panFindings(number, issuers: [gift]).map(\.issuer) == ["gift"])
        #expect(panFindings(TestNumbers.card, issuers: [gift]).isEmpty)
        #expect(panFindings(number, issuers: nil).map(\.issuer) == [nil])
        #expect(panFindings(TestNumbers.card, issuers: nil).map(\.issuer) == ["domestic (Korea)"])
    }

    @Test("Ranges begin and end where they say, and take any numbers without a trap")
    func ranges() {
        var generator = SeededGenerator(seed: 12)
        for (prefix, isMastercard) in [
            ("2220", false), ("2221", true), ("2720", true), ("2721", false), ("50", false), ("51", true), ("55", true),
        ] {
            let number = TestNumbers.number(prefix + "99", count: 16, using: &generator)
            #expect((panFindings(number).first?.issuer == "Mastercard") == isMastercard, "\(prefix)")
        }
        for prefixes in [0...0, -5...3, 0...Int.max, Int.max...Int.max, 1...1, 999_999...999_999] {
            let range = IssuerRange("any", prefixes, digitCounts: [16])
            #expect(panFindings(TestNumbers.card, issuers: [range]).count <= 1)
        }
    }
}
