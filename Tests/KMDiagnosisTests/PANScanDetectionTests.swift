import Foundation
import KMDiagnosis
import KMTestSupport
import Testing

@Suite("Unencrypted card numbers are found")
struct PANScanDetectionTests {
    /// Texts around a number; the at sign marks the number.
    private static let contexts = [
        "@", " @ ", "\t@\n", "\r\n@\r\n", "\"@\"", "'@'", "card=@&x=1", "(@)", "[@,@]", "<pan>@</pan>",
        ";@=28121010000000?",
        "%B@^DOE/J^2812", "%25B@%5EDOE", "nr.@.", "@, and", "-@-", "x-@-y", "/cards/@/limits", "#@",
        "08:14:22 @ in 15ms",
        "카드번호@입니다", "«@»", #"{\"pan\":\"@\"}"#, #""\n@\n""#, #""a\t@\r""#, #""\u0020@\u0020""#, #""\u003d@\u003d""#,
        "%20@%20", "%3D@%26", "%22@%22", "\u{0}@\u{0}", "|@|", "{@}", "*@*", "@;@", "@\u{1F4B3}", "\u{FF}@",
        "card_@_x", "\u{1B}[31m@\u{1B}[0m", #"\u001b[1;31m@\u001b[0m"#, #"\x1b[1m@"#, #"\033[1m@"#, "@D2812101", "@.0",
        "@.00,", "카드＠@",
    ]

    /// Letters that can be next to a number of 15 or 16 digits, but not to other numbers.
    private static let letters = [
        "cardNo@", "PAN@", "x@", "@KRW", "@L", "n@n", "CARD@x", "_id@", "am@", "[31m@", "0xx@", #"\u0079@"#, "@%79",
    ]

    /// Returns the ways to write a number that are found, its plain digits included.
    private static func spellings(_ number: String) -> [String] {
        let separators = [
            " ", "-", "+", "%20", "%2D", #"\u0020"#, "\u{A0}", "\u{2013}", "&nbsp;", "&#32;", "/", "_", "  ", " - ",
            ". ",
            "\u{3000}", "\u{FF0D}", "\u{2212}", "\u{B7}", "%C2%A0", "%E2%80%93", #"\u2013"#, "&#8211;", "-_/",
        ]
        func escaped(_ before: String, _ base: UInt32 = 0, _ after: String = "", radix: Int = 16) -> String {
            number.unicodeScalars.map { before + String($0.value + base, radix: radix) + after }.joined()
        }
        var spellings: [String] = [
            number, escaped("\\u00"), escaped("%"), escaped("&#", 0, ";", radix: 10), escaped("&#x", 0, ";"),
            #"\u003"# + number, "%3" + number, number.dropLast() + #"\u003"# + number.suffix(1),
            String(escaped("&#", 0, ";", radix: 10).prefix(5) + number.dropFirst()),
        ]
        // Full-width digits are U+FF10 to U+FF19, EF BC 90 to EF BC 99 in UTF-8.
        spellings += [
            wide(number), wide(number.prefix(1)) + number.dropFirst(), number.prefix(5) + wide(number.dropFirst(5)),
            escaped("\\u", 0xFEE0), escaped("\\u", 0xFEE0).uppercased().replacing("U", with: "u"),
            escaped("%EF%BC%", 0x60),
            escaped("&#", 0xFEE0, ";", radix: 10), escaped("&#x", 0xFEE0, ";"),
            TestNumbers.grouped(wide(number), by: "\u{FF0D}") ?? wide(number),
        ]
        return spellings + separators.compactMap { TestNumbers.grouped(number, by: $0) }
    }

    /// Returns the digits as full-width digits.
    private static func wide(_ number: some StringProtocol) -> String {
        String(String.UnicodeScalarView(number.unicodeScalars.compactMap { Unicode.Scalar($0.value + 0xFEE0) }))
    }

    @Test("Groups with dots or mixed separators are found", arguments: TestNumbers.published)
    func mixed(_ number: String, _ issuer: String) {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<50 {
            // Only 17 to 19 digits have a fifth group, and then all separators must be the same.
            guard number.count <= 16, var text = TestNumbers.grouped(number, by: "@") else { return }
            while let place = text.range(of: "@") {
                let gap = (0..<Int.random(in: 1...3, using: &generator)).compactMap { _ in
                    " -./_+".randomElement(using: &generator)
                }
                text.replaceSubrange(place, with: String(gap))
            }
            #expect(panFindings(text).map(\.issuer) == [issuer], "\(text)")
        }
    }

    @Test("Numbers of 15 and 16 digits are found next to letters", arguments: TestNumbers.published)
    func letters(_ number: String, _ issuer: String) {
        for text in Self.letters.map({ $0.replacing("@", with: number) }) {
            #expect(
                panFindings(text).map(\.issuer) == (number.count == 15 || number.count == 16 ? [issuer] : []),
                "\(text)"
            )
        }
        #expect(panFindings("ID1234567812345670", issuers: nil).isEmpty)
    }

    @Test("Published test numbers are found in every spelling and context", arguments: TestNumbers.published)
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

    @Test("Numbers are found in UTF-16, with or without a byte order mark, at even and odd offsets")
    func utf16() throws {
        for (number, _) in TestNumbers.published {
            for text in [
                number, "카드 \(number) 입니다", "カ\(number)갱", "\"\(number)\"", TestNumbers.grouped(number, by: "-"),
                TestNumbers.grouped(number, by: "\u{2013}"), Self.wide(number), "카드 \(Self.wide(number))입니다",
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

    @Test("A file extension or a sentence can follow a number without a space", arguments: [16, 15])
    func dots(count: Int) {
        for (number, _) in TestNumbers.published where number.count == count {
            for text in ["/receipts/@.pdf", "GET /cards/@.json HTTP/1.1", "declined for @.Please retry"] {
                let findings = panFindings(text.replacing("@", with: number))
                #expect(findings.map(\.digitCount) == [count], "\(text)")
            }
            #expect(panFindings("\(number).25").isEmpty)
        }
    }

    @Test("Track 1 without its start sentinel and hexadecimal chip card data are found")
    func cardData() {
        for (text, digitCount) in [
            ("B4111111111111111^DOE/JOHN^2512101", 16), ("57134111111111111111D25122010000000000000F", 16),
            ("5A084111111111111111", 16), ("5a08374245455400126f", 15), ("5A08374245455400126F5F2403251231", 15),
            ("8407A00000000310105A0841111111111111115F340101", 16), ("57114000001234562D2512201FFFF", 13),
        ] {
            #expect(panFindings(text).map(\.digitCount) == [digitCount], "\(text)")
        }
        for text in [
            "B4111111111111111 ", "AB4111111111111111^", "5A074111111111111111A", "57054111111111111111D2512201",
            String(repeating: "9", count: 60) + "57134111111111111111D2512201",
        ] {
            #expect(panFindings(text).isEmpty, "\(text)")
        }
    }

    @Test("Findings do not overlap, and masking overlapping numbers does not trap")
    func overlaps() {
        let text = "5105 1051 0510 %34111 1111 1111 1111"
        #expect(panFindings(text).count == 1)
        #expect(PANScanner.masking(text) == "510510******4111 1111 1111 1111")
        let pieces = [
            "4111", "1111", "5105105105105100", "%34", "%31", "\\u0034", "&#52;", " ", "-", "\u{FF14}", "%EF%BC%94",
            "0510", "1",
            "\0", "5A08", "5713", "D2512", "B", "^", ".",
        ]
        var generator = SeededGenerator(seed: 34)
        for _ in 0..<Effort.rounds(20_000) {
            let text = (0..<8).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            let findings = panFindings(text)
            for (first, second) in zip(findings, findings.dropFirst()) {
                #expect(first.byteRange.upperBound <= second.byteRange.lowerBound, "\(text)")
            }
            #expect(PANScanner.masking(text).isEmpty == text.isEmpty)
            #expect(MessageMasking.apply(to: text).isEmpty == text.isEmpty)
        }
    }

    @Test("Adjacent numbers are found separately, and other digits can follow a number")
    func neighbours() {
        #expect(panFindings("4111111111111111,5555555555554444;378282246310005").count == 3)
        #expect(panFindings("4111 1111 1111 1111 5555 5555 5555 4444").map(\.issuer) == ["Visa", "Mastercard"])
        #expect(panFindings("4111 1111 1111 1111 123").map(\.digitCount) == [16])
        #expect(panFindings("4111-1111-1111-1111-0326").map(\.digitCount) == [16])
        #expect(panFindings("2022 4111 1111 1111 1111").map(\.digitCount) == [16])
        #expect(panFindings("6228480402564890018 622848 0402564890018").map(\.digitCount) == [19, 19])
    }

    @Test("A caller can pass its own issuers, or search without issuers")
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

    @Test("Issuer ranges include both ends, and no range traps")
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
