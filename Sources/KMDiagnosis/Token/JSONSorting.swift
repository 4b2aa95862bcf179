internal import KMJSON

/// Rewrites a JSON text in the way of serializers that sort members.
///
/// Members are sorted by the code points of their names, and white space is removed. Numbers and strings keep their
/// spelling.
enum JSONSorting {
    /// Returns the text with its members sorted.
    static func apply(_ body: [UInt8]) throws -> [UInt8] {
        var scanner = JSONScanner()
        let text = body.span
        let token = try scanner.next(in: text)
        let sorted = try value(token, &scanner, text, body)
        _ = try scanner.next(in: text)
        return sorted
    }

    /// Returns the value that `token` begins, with its members sorted.
    ///
    /// The scanner limits the depth of the recursion.
    private static func value(
        _ token: JSONScanner.Token,
        _ scanner: inout JSONScanner,
        _ text: Span<UInt8>,
        _ body: [UInt8]
    ) throws -> [UInt8] {
        switch token {
        case .objectStart:
            var members: [(name: [UInt8], text: [UInt8])] = []
            while try scanner.next(in: text) == .name {
                let range = scanner.range
                let next = try scanner.next(in: text)
                let value = try value(next, &scanner, text, body)
                members.append((JSONString.unescaped(text, range), body[range] + Array(":".utf8) + value))
            }
            members.sort { $0.name.lexicographicallyPrecedes($1.name) }
            return Array("{".utf8) + members.map(\.text).joined(separator: ",".utf8) + Array("}".utf8)
        case .arrayStart:
            var elements: [[UInt8]] = []
            while true {
                let next = try scanner.next(in: text)
                if next == .arrayEnd { break }
                elements.append(try value(next, &scanner, text, body))
            }
            return Array("[".utf8) + elements.joined(separator: ",".utf8) + Array("]".utf8)
        default:
            return Array(body[scanner.range])
        }
    }
}
