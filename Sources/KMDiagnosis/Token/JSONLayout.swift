internal import KMJSON

/// Changes only the white space between the tokens of a JSON text, to the layout of a serializer.
struct JSONLayout {
    let separator: String
    let colon: String
    /// The indent of a line for each level of nesting, or nil to write everything on one line.
    var indent: String?

    /// Returns the text in this layout.
    func apply(_ body: [UInt8]) throws -> [UInt8] {
        let text = body.span
        var scanner = JSONScanner()
        var output: [UInt8] = []
        var isFirst = true
        var followsName = false
        while true {
            let token = try scanner.next(in: text)
            if token == .end { return output }
            let isEnd = token == .objectEnd || token == .arrayEnd
            if isEnd {
                if !isFirst { newLine(scanner.depth, &output) }
            } else if !followsName, scanner.depth > (token == .objectStart || token == .arrayStart ? 1 : 0) {
                if !isFirst { output += separator.utf8 }
                newLine(token == .objectStart || token == .arrayStart ? scanner.depth - 1 : scanner.depth, &output)
            }
            output += body[scanner.range]
            followsName = token == .name
            if followsName { output += colon.utf8 }
            isFirst = token == .objectStart || token == .arrayStart
        }
    }

    private func newLine(_ depth: Int, _ output: inout [UInt8]) {
        guard let indent else { return }
        output.append(UInt8(ascii: "\n"))
        for _ in 0..<depth { output += indent.utf8 }
    }
}
