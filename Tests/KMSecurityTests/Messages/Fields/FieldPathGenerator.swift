import KMTestSupport

/// Makes random paths into a document, in the spellings that RFC 9535 allows.
struct FieldPathGenerator {
    var random: SeededGenerator

    /// Returns a path to a random value of `tree`, with some wildcards; now and then the path leads past the value.
    mutating func path(in tree: ReferenceJSON) -> ReferencePath {
        var steps: [ReferencePath.Step] = []
        var tree = tree
        while true {
            if steps.count > 0, random.once(in: 12) { break }
            let step: ReferencePath.Step
            switch tree.content {
            case .object(let members) where !members.isEmpty:
                let member = random.pick(members)
                // An unpaired surrogate cannot be written in a path; only a wildcard matches it.
                step = member.name.wholeText == nil ? .wildcard : .name(member.name)
                tree = member.value
            case .array(let elements) where !elements.isEmpty:
                let index = random.below(elements.count)
                step = .index(index)
                tree = elements[index]
            default:
                if random.once(in: 8) { steps.append(random.once(in: 2) ? .wildcard : .index(random.below(3))) }
                return ReferencePath(steps: steps)
            }
            steps.append(random.once(in: 4) ? .wildcard : step)
        }
        return ReferencePath(steps: steps)
    }

    /// Returns a random spelling of a path.
    mutating func spelling(of path: ReferencePath) -> String {
        var text = "$"
        for step in path.steps {
            if random.once(in: 20) { text += random.pick([" ", "\t", "\n", "\r"]) }
            switch step {
            case .wildcard: text += random.once(in: 2) ? ".*" : "[" + space() + "*" + space() + "]"
            case .index(let index): text += "[" + space() + String(index) + space() + "]"
            case .name(let name): text += spelling(of: Array((name.wholeText ?? "").unicodeScalars))
            }
        }
        return text
    }

    private mutating func space() -> String { random.once(in: 8) ? " " : "" }

    private mutating func spelling(of name: [Unicode.Scalar]) -> String {
        let shorthand = name.enumerated().allSatisfy { place, scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "_", "\u{80}"...: true
            case "0"..."9": place > 0
            default: false
            }
        }
        if shorthand, !name.isEmpty, random.once(in: 2) {
            return "." + String(String.UnicodeScalarView(name))
        }
        let quote: Unicode.Scalar = random.once(in: 2) ? "'" : "\""
        var text = "[" + space()
        text.unicodeScalars.append(quote)
        for scalar in name { text += spelling(of: scalar, in: quote) }
        text.unicodeScalars.append(quote)
        return text + space() + "]"
    }

    private mutating func spelling(of scalar: Unicode.Scalar, in quote: Unicode.Scalar) -> String {
        let short: [Unicode.Scalar: String] = [
            "\u{8}": "\\b", "\t": "\\t", "\n": "\\n", "\u{C}": "\\f", "\r": "\\r", "\\": "\\\\", "/": "\\/",
            quote: "\\" + String(quote),
        ]
        let mustEscape = scalar.value < 0x20 || scalar == quote || scalar == "\\"
        guard mustEscape || random.once(in: 6) else { return String(scalar) }
        if let short = short[scalar], random.once(in: 2) { return short }
        return String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16, uppercase: random.once(in: 2))
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}
