import Foundation
import KMTestSupport
import Testing

@Suite("Other digits are not reported as card numbers")
struct PANScanFalseAlarmTests {
    private static let card = TestNumbers.card

    @Test(
        "Identifiers, times and amounts in calls and logs are ignored",
        arguments: [
            "20221108120814608", "KMV1:20221108120814608:uLD+mU8mz9K95neGiSJTSsF3zzAQJglCggZAOSs5Fkg=",
            "221108120814-0123456",
            "1667876894608", "1667876894608123", "1667876894608123456", "2022-11-08 12:08:14.608", "20221108 12081460",
            "50000104652", "9999999999999999999", "000170000000000", "0000000000000000", "8888888888888888",
            "9491339401250765123456", "0123456789abcdef0123456789abcdef", "550e8400-e29b-41d4-a716-501800000009",
            "49.4111111111111111", "4111111111111111.5", "4111111111111111e3", "0.9491339401250765", "+82-10-1234-5678",
            "821012345678", "949133******0765", "9491-33**-****-0765", "XXXXXXXXXXXX0765", "949133xxxxxx0765",
            "*********0005",
            "4006381333931", "4901234567894", "8982123456789012345", "356938035643809", "192.168.100.200",
            "5018 0000 0009",
        ]
    )
    func harmless(_ text: String) {
        for context in ["@", "\"@\"", "a=@", " @ ", "[@]"] {
            let findings = panFindings(context.replacing("@", with: text))
            #expect(findings.isEmpty, "\(findings)")
        }
    }

    @Test(
        "A number inside a longer token is ignored",
        arguments: [
            "a@", "@a", "fade@", "DEAD@", "@beef", "@e3", "n@a", "a@n", "0x@", #"\x@"#, #"\u@"#, "&#x@;", "@D2513",
            "@D251", "@.01", "@.0.1", "1@", "@1", "@.1", "1.@", #"\u0041@"#,
            #"@\u0041"#, "%41@", "@%41", "&#52;@",
            "@&#52;", "B@",
        ]
    )
    func touching(_ context: String) {
        let text = context.replacing("@", with: Self.card)
        #expect(panFindings(text).isEmpty, "\(text)")
    }

    @Test(
        "Groups with other lengths or separators are ignored",
        arguments: [
            "9491    3394 0125 0765", "9491,3394,0125,0765", "9491:3394:0125:0765", "9491\t3394\t0125\t0765",
            "1.9491.3394.0125.0765", "9491.3394.0125.0765.1", "622848.0402564890018", "94913 394 0125 0765",
            "949 1339 4012 50765",
            "94 91 33 94 01 25 07 65", "9491\n3394\n0125\n0765", "9491 3394 0125 0766",
            "9-4-9-1-3-3-9-4-0-1-2-5-0-7-6-5",
        ]
    )
    func groups(_ text: String) {
        #expect(panFindings(text).isEmpty)
    }

    @Test("IBANs of two letters and 16 digits, and times after a letter, are ignored")
    func identifiers() {
        var generator = SeededGenerator(seed: 5)
        var numbers: [String] = []
        while numbers.count < 300 {
            let number = TestNumbers.any(using: &generator)
            if number.count == 16 { numbers.append(number) }
        }
        // After these letters, one number in 97 is a valid IBAN.
        let found = numbers.map { panFindings("FI\($0)").count }.reduce(0, +)
        #expect((280..<300).contains(found))
        for iban in ["FI2112345600000785", "DK5000400440116243", "FO6264600001631634", "GL8964710001000206"] {
            #expect(panFindings(iban).isEmpty)
        }
        for month in 1...12 {
            let time = TestNumbers.number("23\(month < 10 ? "0" : "")\(month)171259", count: 16, using: &generator)
            #expect(panFindings("T\(time)").isEmpty)
        }
    }

    @Test("Numbers with a wrong check digit are ignored")
    func checkDigits() {
        for (number, _) in TestNumbers.published {
            for digit in "0123456789" where digit != number.last {
                #expect(panFindings(number.dropLast() + String(digit)).isEmpty)
            }
        }
    }

    @Test("Random Base64, hexadecimal digits, bytes and UUIDs are ignored")
    func random() {
        var generator = SeededGenerator(seed: 1)
        let bytes = generator.bytes(300_000)
        let base64 = Data(bytes).base64EncodedString()
        let texts = [
            base64, base64.replacing("+", with: "-").replacing("/", with: "_"),
            Data(bytes).base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed]),
            bytes.map { String($0, radix: 16) }.joined(),
        ]
        for text in texts { #expect(panFindings(text).isEmpty) }
        #expect(panFindings(bytes).isEmpty)
        for _ in 0..<2000 {
            let id = UUID.random(using: &generator)
            #expect(panFindings(id.uuidString).isEmpty)
        }
    }

    /// One number in ten has a correct check digit; of these, only those in an issuer's range are found.
    @Test(
        "Few random numbers of 16 digits are found",
        arguments: [(0, 0), (1, 0), (3, 500), (4, 1100), (6, 700), (7, 0), (9, 1100)]
    )
    func randomNumbers(_ leading: Int, _ most: Int) {
        var generator = SeededGenerator(seed: UInt64(leading))
        let text = (0..<10_000).map { _ in
            "\(leading)\(String(UInt64.random(in: 1_000_000_000_000_000..<2_000_000_000_000_000, using: &generator)).suffix(15))"
        }
        #expect(panFindings(text.joined(separator: "\n")).count <= most)
    }
}
