import KMJSON
import KMPrimitives
import KMTestSupport
import Testing

/// The depth limit is exact, and open objects and arrays are tracked across the boundaries of machine words.
///
/// The scanner keeps one bit for each open object or array, in words of 64 bits.
@Suite struct JSONDepthTests {
    private enum Shape: CaseIterable {
        case arrays, objects, alternating

        func isObject(_ level: Int) -> Bool {
            self == .objects || self == .alternating && level.isMultiple(of: 3)
        }

        func text(_ depth: Int) -> [UInt8] {
            var text: [UInt8] = []
            for level in 0..<depth { text += (isObject(level) ? #"{"a":"# : "[").utf8 }
            text += "1".utf8
            for level in (0..<depth).reversed() { text.append(UInt8(ascii: isObject(level) ? "}" : "]")) }
            return text
        }
    }

    static let depths = [0, 1, 2, 62, 63, 64, 65, 66, 127, 128, 129, 130, 191, 192, 193, 255, 256, 257, 1000]

    @Test(arguments: depths)
    func theDepthLimitIsExact(depth: Int) {
        for shape in Shape.allCases {
            let text = shape.text(depth)
            #expect(verdict(text, maximumDepth: depth) == nil, "\(shape)")
            #expect(verdict(text, maximumDepth: depth + 1) == nil, "\(shape)")
            #expect(depth == 0 || verdict(text, maximumDepth: depth - 1) == .limitExceeded, "\(shape)")
        }
    }

    @Test func theDefaultLimitIs64Levels() {
        #expect(verdict(Shape.arrays.text(64)) == nil)
        #expect(verdict(Shape.arrays.text(65)) == .limitExceeded)
        #expect(verdict("{}".bytes, maximumDepth: 0) == .limitExceeded)
        #expect(verdict("[]".bytes, maximumDepth: -1) == .limitExceeded)
        #expect(verdict("1".bytes, maximumDepth: 0) == nil)
    }

    /// Replaces each closing bracket in turn with one of the other kind.
    @Test(arguments: depths)
    func everyLevelNeedsItsOwnClosingBracket(depth: Int) throws {
        for shape in Shape.allCases {
            let text = shape.text(depth)
            let tokens = try scan(text, maximumDepth: depth).map(\.token)
            let closings = (0..<depth).reversed().map { shape.isObject($0) ? JSONScanner.Token.objectEnd : .arrayEnd }
            #expect(tokens.suffix(depth + 1) == closings + [.end])
            for index in text.indices.suffix(depth) {
                var changed = text
                changed[index] = text[index] == UInt8(ascii: "}") ? UInt8(ascii: "]") : UInt8(ascii: "}")
                #expect(verdict(changed, maximumDepth: depth) == .malformedJSON, "\(shape), byte \(index)")
                if depth > 300, index > text.count - depth + 140 { break }
            }
        }
    }

    /// The nesting depth crosses the boundary of a word many times.
    @Test(arguments: [62, 63, 64, 65, 126, 127, 128])
    func nestingAcrossAWordBoundaryIsTracked(depth: Int) throws {
        let siblings = Array(repeating: #"{"b":[{}]},[[{}]]"#, count: 5).joined(separator: ",")
        let inner = #"[\#(siblings),{"c":{"d":[]}}]"#
        var text = Shape.alternating.text(depth)
        let place = try #require(text.firstIndex(of: UInt8(ascii: "1")))
        text.replaceSubrange(place...place, with: inner.utf8)
        let tokens = try scan(text, maximumDepth: depth + 4)
        #expect(tokens.last?.depth == 0)
        #expect(tokens.map(\.depth).max() == depth + 4)
        #expect(verdict(text, maximumDepth: depth + 3) == .limitExceeded)
    }

    @Test func excessiveDepthIsRejected() {
        for opening in ["[", #"{"":"#, " [\n"] {
            let text = Array(repeatElement(opening.bytes, count: 100_000).joined())
            #expect(verdict(text) == .limitExceeded)
        }
    }

    /// The scanner does not recurse, so a high depth limit does not need a large stack.
    @Test func aLimitOf100000LevelsIsPossible() {
        #expect(verdict(Shape.arrays.text(100_000), maximumDepth: 100_000) == nil)
    }
}
