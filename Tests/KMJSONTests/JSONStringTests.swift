import Foundation
import KMJSON
import KMPrimitives
import KMTestSupport
import Testing

/// Decodes strings with escapes, and writes texts as string literals.
@Suite struct JSONStringTests {
    private func unescaped(_ literal: String) -> [UInt8] {
        let bytes = literal.bytes
        return JSONString.unescaped(bytes.span, 0..<bytes.count)
    }

    private func string(_ literal: String) -> String? {
        let bytes = literal.bytes
        return JSONString.string(bytes.span, 0..<bytes.count)
    }

    private func appended(_ text: String) -> [UInt8] {
        var output: [UInt8] = []
        JSONString.append(text, to: &output)
        return output
    }

    @Test func escapesAreDecoded() {
        let texts = [
            #""""#: "", #""a""#: "a", #""\"\\\/\b\f\n\r\t""#: "\"\\/\u{8}\u{C}\n\r\t", #""\u0041\u00e9\u20AC""#: "Aé€",
            #""\u0000""#: "\u{0}", #""\ud83d\ude00""#: "😀", #""\uD83D\uDE00x""#: "😀x", #""\\u0041""#: #"\u0041"#,
            #""é\u0301한""#: "é\u{301}한", #""\ud800\udc00\udbff\udfff""#: "\u{10000}\u{10FFFF}",
            #""\uffff""#: "\u{FFFF}",
            #""\ufeff""#: "\u{FEFF}", #""\u007f\u0080\u07ff\u0800""#: "\u{7F}\u{80}\u{7FF}\u{800}", #""\\""#: "\\",
        ]
        for (literal, text) in texts {
            #expect(unescaped(literal) == text.bytes, "\(literal)")
            #expect(string(literal)?.bytes == text.bytes, "\(literal)")
        }
    }

    /// The bytes are those that UTF-8 would have for the surrogate; a `String` cannot contain it.
    @Test func aLoneSurrogateBecomesThreeBytes() {
        let texts: [String: [UInt8]] = [
            #""\ud800""#: [0xED, 0xA0, 0x80], #""\udbff""#: [0xED, 0xAF, 0xBF], #""\udc00""#: [0xED, 0xB0, 0x80],
            #""\udfff""#: [0xED, 0xBF, 0xBF], #""\udc00\ud800""#: [0xED, 0xB0, 0x80, 0xED, 0xA0, 0x80],
            #""\ud800\ud800\udc00""#: [0xED, 0xA0, 0x80] + "\u{10000}".bytes, #""\ud800x""#: [0xED, 0xA0, 0x80, 0x78],
            #""\ud800\n""#: [0xED, 0xA0, 0x80, 0x0A], #""\ud800\u0041""#: [0xED, 0xA0, 0x80, 0x41],
            #""\ud800\\udc00""#: [0xED, 0xA0, 0x80] + #"\udc00"#.bytes,
        ]
        for (literal, bytes) in texts {
            #expect(unescaped(literal) == bytes, "\(literal)")
            #expect(string(literal) == nil, "\(literal)")
        }
    }

    /// Compares the escape of every UTF-16 code unit with the standard library.
    @Test func escapesOfAllCodeUnitsAreDecoded() {
        for unit in UInt16.min...UInt16.max {
            let digits = String(unit, radix: 16)
            let literal = "\"\\u" + String(repeating: "0", count: 4 - digits.count) + digits + "\""
            let expected = Unicode.Scalar(unit).map { String(Character($0)) }
            #expect(string(literal)?.bytes == expected?.bytes)
        }
    }

    @Test func stringsInsideADocumentAreDecoded() {
        let document = #"{"na\u006de":"va\u006cue"}"#.bytes
        #expect(JSONString.unescaped(document.span, 1..<12) == "name".bytes)
        #expect(JSONString.unescaped(document.span, 13..<25) == "value".bytes)
    }

    /// The literal is valid JSON, decodes to the text, and escapes only what RFC 8259 section 7 requires.
    @Test func textsAreAppendedAsLiterals() throws {
        let texts = [
            "", "plain", "\"", "\\", "/", "\u{0}\u{1}\u{1F}\u{20}\u{7F}", "\n\r\t\u{8}\u{C}", "é한😀\u{10FFFF}\u{FFFF}",
            "\u{2028}\u{2029}", "a\"b\\c\nd", "\\u0041", "</script>",
        ]
        for text in texts {
            let literal = appended(text)
            #expect(try scan(literal).map(\.token) == [.string, .end])
            #expect(JSONString.unescaped(literal.span, 0..<literal.count) == text.bytes)
            let decoded = try JSONSerialization.jsonObject(with: Data(literal), options: .fragmentsAllowed) as? String
            #expect(decoded?.bytes == text.bytes)
        }
        #expect(appended("/é\u{7F}😀") == "\"/é\u{7F}😀\"".bytes)
        #expect(appended("\u{1}\n\"\\") == #""\u0001\n\"\\""#.bytes)
    }

    @Test func scalarsOfAllPlanesAreAppended() {
        var output: [UInt8] = []
        var expected: [UInt8] = []
        for code in stride(from: UInt32(0), through: 0x10FFFF, by: 7) {
            guard let scalar = Unicode.Scalar(code) else { continue }
            output.removeAll(keepingCapacity: true)
            expected = String(Character(scalar)).bytes
            JSONString.append(String(Character(scalar)), to: &output)
            #expect(JSONString.unescaped(output.span, 0..<output.count) == expected)
        }
    }

    @Test func randomStringsRoundTrip() {
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<500 {
            let scalars = (0..<Int.random(in: 0...20, using: &generator)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0...0x2FF, using: &generator))
            }
            let text = String(String.UnicodeScalarView(scalars))
            let literal = appended(text)
            #expect(verdict(literal) == nil)
            #expect(JSONString.unescaped(literal.span, 0..<literal.count) == text.bytes)
        }
    }

    @Test func equalityDecodesEscapes() throws {
        func equals(_ literal: String, _ text: String) throws -> Bool {
            let bytes = literal.bytes
            var scanner = JSONScanner()
            _ = try scanner.next(in: bytes.span)
            return JSONString.equals(bytes.span, scanner.range, hasEscapes: scanner.hasEscapes, text.bytes)
        }
        #expect(try equals(#""encData""#, "encData"))
        #expect(try equals(#""enc\u0044ata""#, "encData"))
        #expect(try equals(#""""#, ""))
        #expect(try !equals(#""encdata""#, "encData"))
        #expect(try !equals(#""encDat""#, "encData"))
        #expect(try !equals(#""encDataa""#, "encData"))
        #expect(try !equals(#""enc\\u0044ata""#, "encData"))
        // Canonically equivalent, but with other code points.
        #expect(try !equals("\"é\"", "e\u{301}"))
    }
}
