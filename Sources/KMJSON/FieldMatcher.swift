internal import KMPrimitives

/// Finds the values that a selection's paths match in a JSON text, in one pass.
///
/// The matches have the order of the text.
package struct FieldMatcher {
    /// An open object or array that some path leads into.
    private struct Frame {
        let isObject: Bool
        /// The tree nodes that its members or elements are matched against are `active[first..<end]`.
        let first: Int
        let end: Int
        /// The object's member names read so far are `names[firstName...]`.
        let firstName: Int
        /// The nodes that its members or elements have reached by name or index are `met[firstMet...]`.
        let firstMet: Int
        /// The number of members or elements read so far.
        var count = 0
    }

    private struct Name {
        let range: Range<Int>
        let hasEscapes: Bool
    }

    private let selection: FieldSelection
    private let limits: Limits
    private var scanner: JSONScanner
    private var frames: [Frame] = []
    private var active: [Int] = [0]
    private var names: [Name] = []
    private var met: [Int] = []
    /// For each path, whether it has a match, or its wildcard met an empty array or object.
    private var isSatisfied: [Bool]
    /// The first value in the text that lacks the next step of a path, with the path's number and the value's end.
    private var deadEnd: (path: Int, at: Int)?
    private var matches: [FieldMatch] = []

    /// Finds the values that a selection matches in a JSON text.
    ///
    /// - Parameters:
    ///   - selection: The paths, and what they must match.
    ///   - document: The JSON text.
    ///   - limits: The limits on the text and its matches.
    /// - Returns: The matches in the order of the text.
    /// - Throws: ``KMError`` `malformedJSON` when the text is not JSON, or when an object that a path leads into has a
    ///   duplicate member name; `fieldMissing` when a required match is missing; `pathUnsupported` when the path of a
    ///   match has a member name with an unpaired surrogate; `limitExceeded` when a limit is exceeded.
    package static func matches(
        _ selection: FieldSelection,
        in document: Span<UInt8>,
        limits: Limits
    ) throws -> [FieldMatch] {
        var matcher = FieldMatcher(selection, limits)
        try matcher.run(document)
        return matcher.matches
    }

    private init(_ selection: FieldSelection, _ limits: Limits) {
        self.selection = selection
        self.limits = limits
        scanner = JSONScanner(maximumDepth: limits.maximumDepth)
        isSatisfied = [Bool](repeating: false, count: selection.paths.count)
        // One allocation each is enough for ordinary messages.
        matches.reserveCapacity(selection.paths.count)
        frames.reserveCapacity(8)
        names.reserveCapacity(16)
        active.reserveCapacity(16)
    }

    private mutating func run(_ document: Span<UInt8>) throws {
        try value(scanner.next(in: document), from: 0, document)
        while let frame = frames.last {
            let token = try scanner.next(in: document)
            switch token {
            case .objectEnd, .arrayEnd:
                try leave(frame, document)
            case .name:
                names.append(Name(range: scanner.range, hasEscapes: scanner.hasEscapes))
                let first = active.count
                // Unescape once for all paths, because a name can be as long as the body.
                let text = scanner.hasEscapes ? JSONString.unescaped(document, scanner.range) : nil
                for node in frame.first..<frame.end { activateMember(text, of: active[node], document) }
                frames[frames.count - 1].count += 1
                try value(scanner.next(in: document), from: first, document)
            default:
                let first = active.count
                for node in frame.first..<frame.end { activateElement(frame.count, of: active[node]) }
                frames[frames.count - 1].count += 1
                try value(token, from: first, document)
            }
        }
        _ = try scanner.next(in: document)
        try checkRequirement()
    }

    private func checkRequirement() throws {
        guard selection.presence != .optional else { return }
        if let missing = isSatisfied.firstIndex(of: false) {
            throw KMError(.fieldMissing, "\(selection.paths[missing]) matches nothing")
        }
        guard selection.presence == .everyItem, let deadEnd else { return }
        throw KMError(
            .fieldMissing,
            "\(selection.paths[deadEnd.path]) has no match in the value that ends at byte \(deadEnd.at)"
        )
    }

    /// Matches the value that `token` begins against the nodes `active[first...]`, and then removes these nodes.
    private mutating func value(_ token: JSONScanner.Token, from first: Int, _ document: Span<UInt8>) throws {
        if active.count == first {
            return try scanner.skipValue(in: document, startedBy: token)
        }
        var selected: Int?
        for place in first..<active.count {
            for path in selection.nodes[active[place]].ends {
                isSatisfied[path] = true
                selected = selected ?? path
            }
        }
        if let selected {
            active.removeSubrange(first...)
            return try match(token, selection.paths[selected], document)
        }
        if token == .objectStart || token == .arrayStart {
            let isObject = token == .objectStart
            frames.append(
                Frame(
                    isObject: isObject,
                    first: first,
                    end: active.count,
                    firstName: names.count,
                    firstMet: met.count
                )
            )
        } else {
            deadEnd = deadEnd ?? (selection.nodes[active[first]].path, scanner.range.upperBound)
            active.removeSubrange(first...)
        }
    }

    private mutating func match(
        _ token: JSONScanner.Token,
        _ selected: JSONPath,
        _ document: Span<UInt8>
    ) throws {
        guard matches.count < limits.maximumCount else {
            throw KMError(.limitExceeded, "the paths must match at most \(limits.maximumCount) values; got more")
        }
        let hasEscapes = token == .string && scanner.hasEscapes
        try scanner.skipValue(in: document, startedBy: token)
        matches.append(
            FieldMatch(
                range: scanner.range,
                isString: token == .string,
                hasEscapes: hasEscapes,
                depth: frames.count,
                path: try normalizedPath(document),
                selected: selected
            )
        )
    }

    /// Activates the nodes that the current member name leads to from `node`.
    ///
    /// `text` is the name's unescaped text if the name has escapes, and nil otherwise.
    private mutating func activateMember(_ text: [UInt8]?, of node: Int, _ document: Span<UInt8>) {
        for (name, next) in selection.nodes[node].names
        where text.map({ $0 == name }) ?? JSONString.equals(document, scanner.range, hasEscapes: false, name) {
            active.append(next)
            met.append(next)
        }
        if let next = selection.nodes[node].wildcard { active.append(next) }
    }

    private mutating func activateElement(_ index: Int, of node: Int) {
        for (wanted, next) in selection.nodes[node].indexes where wanted == index {
            active.append(next)
            met.append(next)
        }
        if let next = selection.nodes[node].wildcard { active.append(next) }
    }

    /// Checks and removes the innermost frame at the end of its object or array.
    private mutating func leave(_ frame: Frame, _ document: Span<UInt8>) throws {
        if frame.isObject { try rejectRepeatedNames(from: frame.firstName, document) }
        if deadEnd == nil, let path = unmetPath(frame) { deadEnd = (path, scanner.range.upperBound) }
        if frame.count == 0 {
            for place in frame.first..<frame.end {
                for path in selection.nodes[active[place]].throughWildcard { isSatisfied[path] = true }
            }
        }
        names.removeSubrange(frame.firstName...)
        met.removeSubrange(frame.firstMet...)
        active.removeSubrange(frame.first...)
        frames.removeLast()
    }

    /// Returns a path whose next name or index the object or array does not have, or nil if there is none.
    private func unmetPath(_ frame: Frame) -> Int? {
        var dueCount = 0
        for place in frame.first..<frame.end { dueCount += selection.nodes[active[place]].dueCount }
        // Names are unique here, so equal counts mean that every name and index was found.
        guard met.count - frame.firstMet < dueCount else { return nil }
        let due = active[frame.first..<frame.end].flatMap { selection.nodes[$0].due }
        return due.first { !met[frame.firstMet...].contains($0) }.map { selection.nodes[$0].path }
    }

    /// Returns the normalized path of the current value, from the current member or element of every frame.
    private func normalizedPath(_ document: Span<UInt8>) throws -> [UInt8] {
        var path: [UInt8] = []
        path.reserveCapacity(64)
        path.append(UInt8(ascii: "$"))
        for (number, frame) in frames.enumerated() {
            if frame.isObject {
                let end = number + 1 < frames.count ? frames[number + 1].firstName : names.count
                try append(names[end - 1], to: &path, document)
            } else {
                NormalizedPath.append(index: frame.count - 1, to: &path)
            }
        }
        return path
    }

    /// Appends a member name to a normalized path.
    ///
    /// A path that exceeds the limit is rejected here, before a large number of fields can each have a long path.
    ///
    /// - Throws: ``KMError`` `pathUnsupported` when the name has an unpaired surrogate; `limitExceeded` when the path
    ///   is too long.
    private func append(_ name: Name, to path: inout [UInt8], _ document: Span<UInt8>) throws {
        let limit = limits.maximumPathByteCount
        if name.hasEscapes {
            guard let text = JSONString.string(document, name.range) else {
                throw KMError(
                    .pathUnsupported,
                    "the name at byte \(name.range.lowerBound) has an unpaired surrogate, which a path cannot express"
                )
            }
            let bytes = Array(text.utf8)
            NormalizedPath.append(name: bytes.span, to: &path)
        } else {
            let text = document.extracting(name.range.lowerBound + 1..<name.range.upperBound - 1)
            NormalizedPath.append(name: text, to: &path)
        }
        guard path.count <= limit else {
            throw KMError(
                .limitExceeded,
                "the name at byte \(name.range.lowerBound) makes a path of \(path.count) bytes; the limit is \(limit)"
            )
        }
    }
}

extension FieldMatcher {
    /// The largest number of names for which comparing all pairs is faster than a set.
    private static let fewNames = 12

    /// Throws if an object has a duplicate member name.
    ///
    /// Two parsers may choose different values for a duplicate name (RFC 8259 section 4).
    ///
    /// - Throws: ``KMError`` `malformedJSON`.
    private mutating func rejectRepeatedNames(from first: Int, _ document: Span<UInt8>) throws {
        if names.count - first <= Self.fewNames {
            for later in names.indices.dropFirst(first) {
                for earlier in first..<later where isSame(names[earlier], names[later], document) {
                    throw Self.repeated(names[later])
                }
            }
            return
        }
        // An attacker's object could have 100,000 names; random seeds keep them from forcing hash collisions.
        var seen = Set<[UInt8]>(minimumCapacity: names.count - first)
        for name in names[first...] where !seen.insert(JSONString.unescaped(document, name.range)).inserted {
            throw Self.repeated(name)
        }
    }

    private func isSame(_ left: Name, _ right: Name, _ document: Span<UInt8>) -> Bool {
        if left.hasEscapes || right.hasEscapes {
            return JSONString.unescaped(document, left.range) == JSONString.unescaped(document, right.range)
        }
        guard left.range.count == right.range.count else { return false }
        let distance = right.range.lowerBound - left.range.lowerBound
        for at in left.range where document[at] != document[at + distance] { return false }
        return true
    }

    private static func repeated(_ name: Name) -> KMError {
        KMError(.malformedJSON, "the member name at byte \(name.range.lowerBound) is a duplicate in its object")
    }
}
