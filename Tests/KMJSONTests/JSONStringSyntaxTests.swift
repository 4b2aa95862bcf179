import KMJSON
import KMPrimitives
import KMTestSupport
import Testing

/// The content of strings: escapes, control characters and UTF-8.
@Suite struct JSONStringSyntaxTests {
    private func quoted(_ content: [UInt8]) -> [UInt8] {
        [UInt8(ascii: "\"")] + content + [UInt8(ascii: "\"")]
    }

    @Test func onlyTheValidSingleBytesAreAccepted() {
        for byte in UInt8.min...UInt8.max {
            let isValid = byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
            #expect((verdict(quoted([byte])) == nil) == isValid, "\(byte)")
            #expect((verdict([UInt8(ascii: "{")] + quoted([byte]) + ":0}".bytes) == nil) == isValid, "name: \(byte)")
        }
    }

    @Test func onlyTheShortEscapesOfRFC8259AreAccepted() {
        for byte in UInt8.min...UInt8.max {
            let isValid = #""\/bfnrt"#.utf8.contains(byte)
            #expect((verdict(quoted([UInt8(ascii: "\\"), byte])) == nil) == isValid, "\(byte)")
        }
    }

    @Test func hexadecimalEscapesNeedFourDigits() {
        for byte in UInt8.min...UInt8.max {
            let isDigit = "0123456789abcdefABCDEF".utf8.contains(byte)
            for place in 0..<4 {
                var digits = "0000".bytes
                digits[place] = byte
                #expect((verdict(quoted("\\u".bytes + digits)) == nil) == isDigit, "\(byte) at \(place)")
            }
        }
        for text in [
            #""\u"#, #""\u""#, #""\u0"#, #""\u00""#, #""\u000""#, #""\u000"#, #""\u 000""#, #""\U0000""#, #""\"#,
        ] {
            #expect(verdict(text.bytes) == .malformedJSON, "\(text)")
        }
    }

    /// RFC 8259 section 8.2 allows unpaired surrogates and leaves their meaning open.
    @Test(arguments: [
        #""\ud800""#, #""\udfff""#, #""\ud800\ud800""#, #""\udc00\ud800""#, #""\ud83d\ude00""#, #""\ud800x""#,
    ])
    func surrogateEscapesAreAccepted(text: String) {
        #expect(verdict(text.bytes) == nil)
    }

    /// The scanner accepts exactly the sequences that the standard library accepts.
    ///
    /// The test tries sequences of one and two bytes that begin above ASCII, and edge cases of three and four bytes.
    @Test func onlyValidUTF8IsAccepted() {
        var wrong: [[UInt8]] = []
        func check(_ bytes: [UInt8]) {
            let isUTF8 = String(validating: bytes, as: UTF8.self) != nil
            let document = quoted(bytes)
            var scanner = JSONScanner()
            let isAccepted = (try? scanner.next(in: document.span)) == .string && scanner.range == 0..<document.count
            if isAccepted != isUTF8 { wrong.append(bytes) }
        }
        let edges: [UInt8] = [0x20, 0x7F, 0x80, 0x81, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xFF]
        for first in UInt8(0x80)...0xFF {
            check([first])
            for second in UInt8(0x23)...0xFF where second != UInt8(ascii: "\\") {
                check([first, second])
            }
            for second in edges {
                for third in edges {
                    check([first, second, third])
                    for fourth in edges where first >= 0xEF { check([first, second, third, fourth]) }
                }
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test func utf8OutsideStringsIsRejected() {
        for text in ["é", "[é]", "{é:1}", "1é", "é\"\"", "\"\"é", "{\"a\"é:1}", "nullé"] {
            #expect(verdict(text.bytes) == .malformedJSON, "\(text)")
        }
        for bytes: [UInt8] in [[0x80], [0xFF, 0xFE], [0xFE, 0xFF], [0xC0, 0x80], [0x5B, 0xFF, 0x5D]] {
            #expect(verdict(bytes) == .malformedJSON, "\(bytes)")
        }
    }

    /// RFC 8259 section 8.1 no longer allows UTF-16 and UTF-32.
    @Test func otherEncodingsAreRejected() {
        let text = #"{"a":1}"#.bytes
        let littleEndian: [UInt8] = text.flatMap { [$0, 0] }
        let bigEndian: [UInt8] = text.flatMap { [0, $0] }
        let wide: [UInt8] = text.flatMap { [$0, 0, 0, 0] }
        let marked: [[UInt8]] = [[0xFF, 0xFE] + littleEndian, [0xFE, 0xFF] + bigEndian, [0xEF, 0xBB, 0xBF] + text]
        for bytes in [littleEndian, bigEndian, wide] + marked {
            #expect(verdict(bytes) == .malformedJSON)
        }
    }
}
