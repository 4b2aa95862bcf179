import Foundation
import KMCards
import KMTestSupport
import Testing

@Suite struct PANTests {
    @Test(arguments: 12...19) func numbersOf12To19DigitsAreAccepted(digitCount: Int) throws {
        let number = CardNumbers.make(1234, digitCount: digitCount)
        let pan = try PAN(number)
        #expect(pan.digitCount == digitCount)
        #expect(pan.exposed == number)
        #expect(try PAN(number, digitCount: digitCount) == pan)
        #expect(rejection { try PAN(number, digitCount: digitCount + 1) } == .panLengthInvalid)
    }

    @Test func wrongCheckDigitsAreRejected() {
        for account in 0..<200 {
            let number = CardNumbers.make(account)
            for digit in "0123456789" where digit != number.last {
                #expect(rejection { try PAN(number.dropLast() + String(digit)) } == .panCheckDigitInvalid)
            }
        }
    }

    /// The Luhn formula detects any single wrong digit.
    @Test func aWrongDigitIsRejected() {
        let digits = Array(CardNumbers.test)
        for place in digits.indices {
            for digit in "0123456789" where digit != digits[place] {
                var wrong = digits
                wrong[place] = digit
                #expect(rejection { try PAN(String(wrong)) } == .panCheckDigitInvalid)
            }
        }
    }

    @Test(arguments: ["", "1", "99990000000", "99990000000000000000"])
    func otherLengthsAreRejected(text: String) {
        #expect(rejection { try PAN(text) } == .panLengthInvalid)
    }

    @Test(
        arguments: [
            " 9491339401250765", "9491339401250765 ", "9491339401250765\n", "949133940125076x", "+9491339401250765",
            "949133940125076\u{665}", "\u{FF19}491339401250765", "\u{0}9491339401250765", "949133******0765", "x",
        ]
    )
    func otherCharactersAreRejected(text: String) {
        #expect(rejection { try PAN(text) } == .panMalformed)
        #expect(rejection { try PAN(text, separators: .spacesAndHyphens) } == .panMalformed)
    }

    @Test(arguments: ["9491 3394 0125 0765", "9491-3394-0125-0765", "9491339401250-765", "9-4-9-1-3-3-9-4 01250765"])
    func separatorsAreAcceptedIfTheCallerAllowsThem(text: String) throws {
        #expect(rejection { try PAN(text) } == .panMalformed)
        #expect(try PAN(text, separators: .spacesAndHyphens) == PAN(CardNumbers.test))
        #expect(try PAN(text, digitCount: 16, separators: .spacesAndHyphens).exposed == CardNumbers.test)
    }

    @Test(arguments: ["9491  339401250765", "9491- 339401250765", "-", " ", "9491339401250765-", "9491\t339401250765"])
    func otherSeparatorsAreRejected(text: String) {
        #expect(rejection { try PAN(text, separators: .spacesAndHyphens) } == .panMalformed)
    }

    @Test func bytesAndStringsGiveTheSamePAN() throws {
        let bytes = Array("x\(CardNumbers.test)y".utf8)
        #expect(try PAN(bytes.span.extracting(1..<17)) == PAN(CardNumbers.test))
        #expect(rejection { try PAN(bytes.span) } == .panMalformed)
    }

    @Test func equalityComparesTheDigits() throws {
        #expect(try PAN(CardNumbers.make(1)) == PAN(CardNumbers.make(1)))
        #expect(try PAN(CardNumbers.make(1)) != PAN(CardNumbers.make(2)))
        #expect(try PAN(CardNumbers.make(1)) != PAN(CardNumbers.make(1, digitCount: 17)))
    }

    @Test(
        arguments: [
            (12, "********0012", "********0012", "********0012"),
            (14, "**********0012", "**********0012", "**********0012"),
            (15, "***********0012", "999900*****0012", "999900*****0012"),
            (16, "************0012", "999900******0012", "99990000****0012"),
            (19, "***************0012", "999900*********0012", "99990000*******0012"),
        ]
    )
    func maskingKeepsTheFirstAndLastDigits(digitCount: Int, none: String, six: String, eight: String) throws {
        // The check digit differs for each length, so the last four digits are compared with those of the number.
        func check(_ masked: String, _ expected: String, _ number: String) {
            #expect(masked.dropLast(4) == expected.dropLast(4))
            #expect(masked.suffix(4) == number.suffix(4))
        }
        let number = CardNumbers.make(1, digitCount: digitCount)
        let pan = try PAN(number)
        check(pan.masked(leading: .none), none, number)
        check(pan.masked(), six, number)
        check(pan.masked(leading: .eight), eight, number)
        #expect("\(pan)" == pan.masked())
    }

    @Test func pansPrintMasked() throws {
        let pan = try PAN(CardNumbers.test)
        let middle = "3940125"
        for text in printings(of: pan) + printings(of: pan.insecureClearText) {
            #expect(!text.contains(middle) && !text.contains(CardNumbers.test))
        }
        #expect(!shows(printings(of: pan), Array(middle.utf8)))
        #expect(Mirror(reflecting: pan).children.isEmpty)
    }

    private struct Card: Codable {
        var physicalCardNo: PAN.InsecureClearText
    }

    private struct Request: Decodable {
        let physicalCardNo: PAN
    }

    @Test func encodingNeedsTheClearTextWrapper() throws {
        let text = Data(#"{"physicalCardNo":"9491339401250765"}"#.utf8)
        let pan = try JSONDecoder().decode(Request.self, from: text).physicalCardNo
        #expect(pan == (try PAN(CardNumbers.test)))
        #expect(try JSONEncoder().encode(Card(physicalCardNo: pan.insecureClearText)) == text)
        #expect(try JSONDecoder().decode(Card.self, from: text).physicalCardNo.pan == pan)
        #expect(!((pan as Any) is any Encodable))
    }

    @Test(
        arguments: [
            #"{"physicalCardNo":"9491339401250766"}"#, #"{"physicalCardNo":9491339401250765}"#,
            #"{"physicalCardNo":["9491339401250765"]}"#, #"{"physicalCardNo":"9491 3394 0125 0765"}"#,
        ]
    )
    func decodingErrorsDoNotQuoteTheInput(text: String) throws {
        let error = #expect(throws: (any Error).self) { try JSONDecoder().decode(Request.self, from: Data(text.utf8)) }
        for text in printings(of: error) { #expect(!text.contains("3940125") && !text.contains("3394")) }
    }
}
