import Foundation
import KMJSON
import KMPrimitives
import KMTestSupport
import Testing

/// Compares the verdict on truncated, damaged and generated texts with Foundation's.
@Suite struct JSONDamageTests {
    private let sample =
        #"{"userId":9999999999999999999,"no":"9491\u0033\n","list":[true,false,null,-1.5e+3,{}],"é":"한"}"#.bytes

    @Test func truncatedTextsAreRejected() {
        #expect(verdict(sample) == nil)
        for count in sample.indices {
            #expect(verdict(Array(sample.prefix(count))) == .malformedJSON, "\(count)")
        }
        for count in 1..<sample.count {
            // Without the first brace, the rest is not JSON.
            #expect(verdict(Array(sample.dropFirst(count))) == .malformedJSON, "\(count)")
        }
    }

    /// Returns a text with random white space, escapes, numbers and nesting.
    private func text(_ generator: inout SeededGenerator, _ depth: Int) -> String {
        func space() -> String { ["", "", "", " ", "\n", "\t", "\r\n"].randomElement(using: &generator) ?? "" }
        func pick(_ texts: [String]) -> String { texts.randomElement(using: &generator) ?? "" }
        let strings = [#""""#, #""a""#, #""\u00e9\n""#, #""한글""#, #""\\\"""#, #""\ud83d\ude00""#, #""😀 \/""#]
        switch Int.random(in: 0..<(depth > 0 ? 7 : 4), using: &generator) {
        case 0: return pick(["null", "true", "false"])
        case 1: return pick(["0", "-0", "1", "-17", "3.25", "1e3", "1E-2", "-0.5e+1", "123456789012"])
        case 2, 3: return pick(strings)
        case 4, 5:
            let items = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                space() + text(&generator, depth - 1) + space()
            }
            return "[" + items.joined(separator: ",") + (items.isEmpty ? space() : "") + "]"
        default:
            let members = (0..<Int.random(in: 0...3, using: &generator)).map { number in
                // Names are unique, because Foundation keeps only one of two equal names.
                space() + "\"\(number)" + pick(strings).dropFirst() + space() + ":" + space()
                    + text(&generator, depth - 1) + space()
            }
            return "{" + members.joined(separator: ",") + (members.isEmpty ? space() : "") + "}"
        }
    }

    @Test func generatedTextsAreAccepted() {
        var generator = SeededGenerator(seed: 31)
        for _ in 0..<1000 {
            let text = text(&generator, 4).bytes
            #expect(verdict(text) == nil, "\(String(decoding: text, as: UTF8.self))")
            #expect(foundationAccepts(text))
        }
    }

    @Test func damagedTextsGetFoundationsVerdict() {
        var generator = SeededGenerator(seed: 32)
        var (accepted, rejected) = (0, 0)
        for _ in 0..<10_000 {
            let original = Bool.random(using: &generator) ? sample : text(&generator, 4).bytes
            let damaged = original.mutated(using: &generator)
            // Foundation also accepts UTF-16 and UTF-32, which it detects by their zero bytes.
            guard !damaged.prefix(4).contains(0) else { continue }
            let isAccepted = verdict(damaged) == nil
            let lenient = withoutLastCommas(damaged)
            let isExpected = verdict(lenient) == nil && !isBeyondFoundation(lenient)
            #expect(isExpected == foundationAccepts(damaged), "\(damaged) \(String(decoding: damaged, as: UTF8.self))")
            if isAccepted { accepted += 1 } else { rejected += 1 }
        }
        // Without enough texts of both kinds, the comparison proves little.
        #expect(accepted > 300, "\(accepted)")
        #expect(rejected > 2000, "\(rejected)")
    }

    private func foundationAccepts(_ text: [UInt8]) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)) != nil
    }

    /// Returns the text without commas between a value and a closing bracket, which Foundation ignores.
    private func withoutLastCommas(_ text: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var (isInString, isEscaped) = (false, false)
        for byte in text {
            if !isInString, byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") {
                let white = output.reversed().prefix { $0 <= 0x20 }.count
                let before = output.dropLast(white)
                let value = before.dropLast().last { $0 > 0x20 }
                if before.last == UInt8(ascii: ","), let value, !"[{,:".utf8.contains(value) {
                    output.remove(at: before.endIndex - 1)
                }
            }
            if byte == UInt8(ascii: "\""), !isEscaped { isInString.toggle() }
            isEscaped = isInString && byte == UInt8(ascii: "\\") && !isEscaped
            output.append(byte)
        }
        return output
    }

    /// Whether a text that RFC 8259 allows contains something that Foundation rejects.
    ///
    /// That is a lone surrogate (section 8.2) or a number beyond the range of a double (section 6). The scanner accepts
    /// both.
    private func isBeyondFoundation(_ text: [UInt8]) -> Bool {
        let tokens = (try? scan(text)) ?? []
        return tokens.contains { token in
            switch token.token {
            case .string, .name: JSONString.string(text.span, token.range) == nil
            case .number: Double(String(decoding: text[token.range], as: UTF8.self))?.isFinite != true
            default: false
            }
        }
    }
}
