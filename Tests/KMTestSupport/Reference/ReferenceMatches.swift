/// The matches that each path must have: one in every item, at least one, or none.
///
/// Vectors have only the last two, as `requiresMatches` true and false. With `everyItem`, no path may end before its
/// last step, except at a wildcard on an empty object or array.
package enum ReferenceRequirement {
    case everyItem, atLeastOnce, optional
}

/// The values that paths select in a document, by the rules of `json-path`.
package struct ReferenceMatches {
    package struct Match {
        package let value: ReferenceJSON
        /// The normalized path, or nil if a name in it has a lone surrogate.
        package let path: String?
        /// The number of objects and arrays around the value.
        let depth: Int
    }

    /// The matches in document order, without duplicates.
    package private(set) var matches: [Match] = []
    /// The codes of the rules that the paths and the document break, of which the first is reported.
    package private(set) var codes: [String] = []
    private var meetsDuplicates = false
    private var meetsEmptiness = false
    private var isReached = false
    private var endsShort = false

    init(_ texts: [String], _ requirement: ReferenceRequirement, in body: [UInt8]) throws {
        guard (1...256).contains(texts.count) else { throw ReferenceRejection("limitExceeded") }
        let paths = try texts.map(ReferencePath.init)
        for path in paths where paths.contains(where: path.overlaps) { throw ReferenceRejection("pathsOverlap") }
        self.init(paths, requirement, in: try ReferenceJSON(body))
        if let code = codes.first { throw ReferenceRejection(code) }
    }

    /// Finds the matches of paths that do not overlap.
    package init(_ paths: [ReferencePath], _ requirement: ReferenceRequirement, in document: ReferenceJSON) {
        var missesOne = false
        for path in paths {
            (isReached, meetsEmptiness, endsShort) = (false, false, false)
            walk(Match(value: document, path: "$", depth: 0), path.steps[...])
            switch requirement {
            case .everyItem: missesOne = missesOne || endsShort
            case .atLeastOnce: missesOne = missesOne || !isReached && !meetsEmptiness
            case .optional: break
            }
        }
        matches.sort { $0.value.range.lowerBound < $1.value.range.lowerBound }
        if meetsDuplicates { codes.append("malformedJSON") }
        if matches.count > 1024 { codes.append("limitExceeded") }
        for match in matches {
            guard let path = match.path else { codes.append("pathUnsupported"); continue }
            if path.utf8.count > 4096 { codes.append("limitExceeded") }
        }
        if missesOne { codes.append("fieldMissing") }
    }

    private mutating func walk(_ here: Match, _ steps: ArraySlice<ReferencePath.Step>) {
        guard let step = steps.first else {
            isReached = true
            let start = here.value.range.lowerBound
            if !matches.contains(where: { $0.value.range.lowerBound == start }) { matches.append(here) }
            return
        }
        var next: [(value: ReferenceJSON, path: String?)] = []
        var isEmpty = false
        switch here.value.content {
        case .object(let members):
            if Set(members.map(\.name)).count < members.count { meetsDuplicates = true }
            isEmpty = members.isEmpty
            for (name, value) in members where step == .wildcard || step == .name(name) {
                next.append((value, name.wholeText.flatMap { name in here.path.map { $0 + Self.normalized(name) } }))
            }
        case .array(let elements):
            isEmpty = elements.isEmpty
            for (index, value) in elements.enumerated() where step == .wildcard || step == .index(index) {
                next.append((value, here.path.map { $0 + "[\(index)]" }))
            }
        case .text, .other:
            break
        }
        if isEmpty && step == .wildcard { meetsEmptiness = true } else if next.isEmpty { endsShort = true }
        for (value, path) in next {
            walk(Match(value: value, path: path, depth: here.depth + 1), steps.dropFirst())
        }
    }

    private static func normalized(_ name: String) -> String {
        let short: [Unicode.Scalar: String] = [
            "\u{8}": "b", "\t": "t", "\n": "n", "\u{C}": "f", "\r": "r", "'": "'", "\\": "\\",
        ]
        var text = "['"
        for scalar in name.unicodeScalars {
            if let letter = short[scalar] {
                text += "\\" + letter
            } else if scalar.value < 0x20 {
                text += "\\u00" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text + "']"
    }
}
