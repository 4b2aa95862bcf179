import KMJSON
import KMPrimitives
import KMTestSupport

/// A token with what the scanner tells of it.
struct ScannedToken: Equatable {
    let token: JSONScanner.Token
    let range: Range<Int>
    let hasEscapes: Bool
    let depth: Int
}

/// All tokens of a text, `end` included.
func scan(_ text: [UInt8], maximumDepth: Int = JSONScanner.defaultMaximumDepth) throws -> [ScannedToken] {
    var scanner = JSONScanner(maximumDepth: maximumDepth)
    var tokens: [ScannedToken] = []
    repeat {
        let token = try scanner.next(in: text.span)
        tokens.append(
            ScannedToken(token: token, range: scanner.range, hasEscapes: scanner.hasEscapes, depth: scanner.depth)
        )
    } while tokens.last?.token != .end
    return tokens
}

/// The code with which a text is refused, or nil when it is JSON.
func verdict(_ text: [UInt8], maximumDepth: Int = JSONScanner.defaultMaximumDepth) -> KMError.Code? {
    refusal { try scan(text, maximumDepth: maximumDepth) }
}
