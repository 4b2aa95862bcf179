internal import KMPrimitives

/// Finds the values of a selection in a JSON text, in one pass, in the order of the text.
package struct FieldMatcher {
    /// The bounds of a match.
    package struct Limits: Sendable, Hashable {
        /// The most values.
        package let maximumCount: Int
        /// The deepest nesting of objects and arrays.
        package let maximumDepth: Int
        /// The longest normalized path of a value, in bytes.
        package let maximumPathByteCount: Int

        /// Creates limits.
        package init(maximumCount: Int, maximumDepth: Int, maximumPathByteCount: Int) {
            self.maximumCount = maximumCount
            self.maximumDepth = maximumDepth
            self.maximumPathByteCount = maximumPathByteCount
        }
    }

    /// An object or array that some path goes into.
    private struct Frame {
        let isObject: Bool
        /// The nodes of the tree that its members or elements are matched against: `active[first..<end]`.
        let first: Int
        let end: Int
        /// The object's names seen so far are those in `names` from here on.
        let firstName: Int
        /// The nodes that its members or elements led to by name or index are those in `met` from here on.
        let firstMet: Int
        /// How many members or elements were seen.
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
    /// Of each path, whether it reaches something.
    private var isSatisfied: [Bool]
    /// The first place where a path cannot go on.
    private var deadEnd: (path: Int, at: Int)?
    private var matches: [FieldMatch] = []

    /// Finds the selected values.
    ///
    /// - Throws: ``KMError`` `malformedJSON`; `fieldMissing`; `pathUnsupported` for a member name that no path can name;
    ///   `limitExceeded`.
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
        // As much as ordinary messages need, in one piece each.
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
                // Once for all paths: a name can be as long as the body.
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
        guard selection.requiresMatches != .nowhere else { return }
        if let missing = isSatisfied.firstIndex(of: false) {
            throw KMError(.fieldMissing, "\(selection.paths[missing]) reaches nothing")
        }
        guard selection.requiresMatches == .everywhere, let deadEnd else { return }
        throw KMError(
            .fieldMissing,
            "\(selection.paths[deadEnd.path]) reaches nothing in one of its places, which ends at byte \(deadEnd.at)"
        )
    }

    /// Takes the value that `token` begins, against the nodes `active[first...]`.
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
            throw KMError(.limitExceeded, "more than \(limits.maximumCount) fields")
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

    /// Goes on from `node` by the name at hand, whose text is `text` where it has escapes.
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

    /// Leaves an object or array at its end.
    private mutating func leave(_ frame: Frame, _ document: Span<UInt8>) throws {
        if frame.isObject { try refuseRepeatedNames(from: frame.firstName, document) }
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

    /// A path that goes on with a name or an index that an object or array does not have.
    private func unmetPath(_ frame: Frame) -> Int? {
        var dueCount = 0
        for place in frame.first..<frame.end { dueCount += selection.nodes[active[place]].dueCount }
        // No name stands there twice: as many as there are have all been met.
        guard met.count - frame.firstMet < dueCount else { return nil }
        let due = active[frame.first..<frame.end].flatMap { selection.nodes[$0].due }
        return due.first { !met[frame.firstMet...].contains($0) }.map { selection.nodes[$0].path }
    }

    /// The normalized path of the value at hand, from what every frame is at.
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

    /// Refuses a name that makes the path larger than any header is, before a thousand fields each have such a path.
    private func append(_ name: Name, to path: inout [UInt8], _ document: Span<UInt8>) throws {
        let limit = limits.maximumPathByteCount
        if name.hasEscapes {
            guard let text = JSONString.string(document, name.range) else {
                throw KMError(
                    .pathUnsupported,
                    "the member name at byte \(name.range.lowerBound) has half a surrogate pair, which no path can name"
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
                "the member name at byte \(name.range.lowerBound) makes a path of \(path.count) bytes; \(limit) are taken"
            )
        }
    }
}

extension FieldMatcher {
    /// Below this, comparing all pairs is quicker than sorting.
    private static let fewNames = 12

    /// Refuses an object that has a name twice, as two readers may take different ones of its values (RFC 8259 section 4).
    private mutating func refuseRepeatedNames(from first: Int, _ document: Span<UInt8>) throws {
        if names.count - first <= Self.fewNames {
            for later in names.indices.dropFirst(first) {
                for earlier in first..<later where isSame(names[earlier], names[later], document) {
                    throw Self.repeated(names[later])
                }
            }
            return
        }
        // With keys of their own, since a hostile object could have 100,000 names.
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
        KMError(.malformedJSON, "the member name at byte \(name.range.lowerBound) stands in its object twice")
    }
}
