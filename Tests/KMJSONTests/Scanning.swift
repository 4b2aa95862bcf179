import KMJSON
import KMPrimitives
import KMTestSupport

/// A token and the scanner's properties after it.
struct ScannedToken: Equatable {
    let token: JSONScanner.Token
    let range: Range<Int>
    let hasEscapes: Bool
    let depth: Int
}

/// Returns all tokens of a text, including `end`.
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

/// Returns the code of the error for a text, or nil if the text is valid JSON.
func verdict(_ text: [UInt8], maximumDepth: Int = JSONScanner.defaultMaximumDepth) -> KMError.Code? {
    rejection { try scan(text, maximumDepth: maximumDepth) }
}
