import Foundation

/// An expected text with placeholders for parts that differ from run to run.
///
/// `*` matches one or more characters of a line. `$NAME`, in capital letters, matches one or more characters other than
/// white space and quotation marks. If it appears again, it matches only the same text. Later commands have the text as
/// a variable.
struct TranscriptPattern {
    private let pattern: String
    private var names: [String] = []

    /// Reads `text`, and replaces the names of `variables` with their values.
    init(_ text: String, variables: [String: String]) {
        var (pattern, rest) = ("", text[...])
        while let first = rest.first {
            rest.removeFirst()
            let name = first == "$" ? String(rest.prefix { "A"..."Z" ~= $0 || $0 == "_" }) : ""
            rest.removeFirst(name.count)
            if first == "*" {
                pattern += "[^\n]+"
            } else if name.isEmpty {
                pattern += NSRegularExpression.escapedPattern(for: String(first))
            } else if let value = variables[name] {
                pattern += NSRegularExpression.escapedPattern(for: value)
            } else if let index = names.firstIndex(of: name) {
                pattern += "(?:\\\(index + 1))"
            } else {
                names.append(name)
                pattern += "([^\\s\"]+)"
            }
        }
        self.pattern = pattern
    }

    /// Returns the values of new names if the whole of `text` matches, or nil if it does not.
    func match(_ text: String) throws -> [String: String]? {
        let expression = try NSRegularExpression(pattern: "\\A(?:\(pattern))\\z")
        let whole = NSRange(text.startIndex..., in: text)
        guard let match = expression.firstMatch(in: text, range: whole) else { return nil }
        return names.enumerated().reduce(into: [:]) { values, name in
            values[name.element] = Range(match.range(at: name.offset + 1), in: text).map { String(text[$0]) }
        }
    }
}
