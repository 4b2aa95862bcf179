@testable import KMSecurity

/// A step of a path in the reference implementation.
enum FieldReferenceStep: Equatable {
    case name([UInt16])
    case index(Int)
    case any
}

/// A path in the reference implementation, which evaluates it by walking the whole tree.
struct FieldReferencePath {
    let steps: [FieldReferenceStep]

    /// The result of evaluating a path in a document.
    struct Outcome {
        /// The ranges and normalized paths of the matched values, by offset.
        ///
        /// A path is nil if one of its names has an unpaired surrogate.
        var hits: [Int: (range: Range<Int>, path: String?)] = [:]
        /// Whether an object on the path has a duplicate name.
        var meetsRepeats = false
        /// Whether a wildcard met an empty object or array.
        var meetsEmptiness = false
        /// Whether some value lacks the next step of the path.
        var meetsDeadEnd = false

        func codes(_ requirement: FieldSelection.Presence) -> Set<KMError.Code> {
            var codes: Set<KMError.Code> = []
            if meetsRepeats { codes.insert(.malformedJSON) }
            switch requirement {
            case .everyItem: if meetsDeadEnd { codes.insert(.fieldMissing) }
            case .atLeastOnce: if hits.isEmpty && !meetsEmptiness { codes.insert(.fieldMissing) }
            case .optional: break
            }
            if hits.values.contains(where: { $0.path == nil }) { codes.insert(.pathUnsupported) }
            return codes
        }
    }

    func outcome(in tree: FieldReferenceTree) -> Outcome {
        var outcome = Outcome()
        walk(tree, steps[...], "$", &outcome)
        return outcome
    }

    private func walk(
        _ tree: FieldReferenceTree,
        _ rest: ArraySlice<FieldReferenceStep>,
        _ path: String?,
        _ outcome: inout Outcome
    ) {
        guard let step = rest.first else {
            outcome.hits[tree.range.lowerBound] = (tree.range, path)
            return
        }
        switch tree {
        case .leaf:
            outcome.meetsDeadEnd = true
        case .object(_, let members):
            if step != .any, !members.contains(where: { step == .name($0.name) }) { outcome.meetsDeadEnd = true }
            if Set(members.map(\.name)).count < members.count { outcome.meetsRepeats = true }
            if members.isEmpty, step == .any { outcome.meetsEmptiness = true }
            for (name, value) in members where step == .any || step == .name(name) {
                let next = Self.normalized(name).flatMap { name in path.map { $0 + name } }
                walk(value, rest.dropFirst(), next, &outcome)
            }
        case .array(_, let elements):
            if step != .any, !elements.indices.contains(where: { step == .index($0) }) { outcome.meetsDeadEnd = true }
            if elements.isEmpty, step == .any { outcome.meetsEmptiness = true }
            for (index, value) in elements.enumerated() where step == .any || step == .index(index) {
                walk(value, rest.dropFirst(), path.map { $0 + "[\(index)]" }, &outcome)
            }
        }
    }

    /// Returns a name's normalized form (RFC 9535 section 2.7), or nil for an unpaired surrogate.
    private static func normalized(_ name: [UInt16]) -> String? {
        var text = "['"
        guard let name = scalars(name) else { return nil }
        for scalar in name {
            switch scalar {
            case "\u{8}": text += "\\b"
            case "\t": text += "\\t"
            case "\n": text += "\\n"
            case "\u{C}": text += "\\f"
            case "\r": text += "\\r"
            case "'": text += "\\'"
            case "\\": text += "\\\\"
            case "\0"..."\u{F}": text += "\\u000" + String(scalar.value, radix: 16)
            case "\u{10}"..."\u{1F}": text += "\\u00" + String(scalar.value, radix: 16)
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "']"
    }

    /// Returns the scalars of UTF-16 code units, or nil for an unpaired surrogate.
    static func scalars(_ units: [UInt16]) -> [Unicode.Scalar]? {
        var scalars: [Unicode.Scalar] = []
        var (decoder, iterator) = (UTF16(), units.makeIterator())
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): scalars.append(scalar)
            case .emptyInput: return scalars
            case .error: return nil
            }
        }
    }

    /// Returns whether a value that this path matches could contain one that `other` matches.
    func canHold(_ other: FieldReferencePath) -> Bool {
        guard steps.count < other.steps.count else { return false }
        for (mine, theirs) in zip(steps, other.steps) where mine != theirs && mine != .any && theirs != .any {
            return false
        }
        return true
    }
}
