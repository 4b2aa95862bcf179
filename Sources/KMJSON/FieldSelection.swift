public import KMPrimitives

/// The fields of a message that are encrypted one by one: the values that any of some paths reach.
///
/// Made ready once, so that a message is matched against all paths in one pass.
public struct FieldSelection: Sendable, Hashable {
    /// What the paths of a selection must reach.
    ///
    /// A name that was misspelt, or that changed on one side, reaches nothing: without a demand, its card number goes out in
    /// the clear. null is a value, and reached; a wildcard that meets an empty array or object is content, since a list
    /// without items has no card numbers.
    public enum Requirement: Sendable, Hashable {
        /// Every path reaches something wherever it leads: each member or element that its wildcards meet has what the path
        /// goes on with.
        case everywhere
        /// Every path reaches something at least once, for lists some of whose items lack by right what a path names. An
        /// item whose names are misspelt stays in the clear, beside one that is right.
        case somewhere
        /// Nothing is asked.
        case nowhere
    }

    /// How many paths a selection may have.
    public static let maximumPathCount = 256

    /// The paths.
    public let paths: [JSONPath]

    /// What every path must reach.
    public let requiresMatches: Requirement

    let nodes: [FieldNode]

    /// Selects what `paths` reach.
    ///
    /// - Throws: ``KMError`` `pathsOverlap` when a value that one path reaches could lie inside one that another reaches;
    ///   `limitExceeded` for none or more than 256 paths.
    public init(_ paths: [JSONPath], requiresMatches: Requirement = .everywhere) throws {
        guard (1...Self.maximumPathCount).contains(paths.count) else {
            throw KMError(.limitExceeded, "\(paths.count) paths; 1 to \(Self.maximumPathCount) are taken")
        }
        for (index, outer) in paths.enumerated() {
            for inner in paths where inner.segments.count > outer.segments.count && outer.covers(inner) {
                throw KMError(.pathsOverlap, "\(inner) lies inside \(paths[index])")
            }
        }
        self.paths = paths
        self.requiresMatches = requiresMatches
        nodes = FieldNode.tree(of: paths)
    }

    /// Selects what the paths of some texts reach.
    ///
    /// - Throws: ``KMError`` as ``init(_:requiresMatches:)-([JSONPath],_)`` and ``JSONPath/init(_:)``.
    public init(_ paths: [String], requiresMatches: Requirement = .everywhere) throws {
        try self.init(paths.map(JSONPath.init(_:)), requiresMatches: requiresMatches)
    }

    /// As the test vectors have it: true for ``Requirement/somewhere``, false for ``Requirement/nowhere``.
    package init(_ paths: [String], requiresMatches: Bool) throws {
        try self.init(paths, requiresMatches: requiresMatches ? .somewhere : .nowhere)
    }

    /// As the test vectors have it: true for ``Requirement/somewhere``, false for ``Requirement/nowhere``.
    package init(_ paths: [JSONPath], requiresMatches: Bool) throws {
        try self.init(paths, requiresMatches: requiresMatches ? .somewhere : .nowhere)
    }

    /// Creates a selection of a few paths that do not overlap, as a test proves.
    package init(unchecked paths: [JSONPath]) {
        self.paths = paths
        requiresMatches = .everywhere
        nodes = FieldNode.tree(of: paths)
    }

    /// Whether both have the same paths, in the same order, and ask the same of them.
    public static func == (left: FieldSelection, right: FieldSelection) -> Bool {
        left.paths == right.paths && left.requiresMatches == right.requiresMatches
    }

    /// Hashes paths and demand.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(paths)
        hasher.combine(requiresMatches)
    }
}

/// A place in the tree of all paths: paths that begin alike share their first nodes.
struct FieldNode: Sendable {
    /// The nodes one step on.
    private(set) var names: [(name: [UInt8], node: Int)] = []
    private(set) var indexes: [(index: Int, node: Int)] = []
    private(set) var wildcard: Int?
    /// A path that goes through here, one of them where there are several.
    let path: Int
    /// The paths that end here.
    private(set) var ends: [Int] = []
    /// The paths that go on through the wildcard.
    private(set) var throughWildcard: [Int] = []

    /// How many nodes a value has to lead to, a wildcard's aside, and which.
    var dueCount: Int { names.count + indexes.count }
    var due: [Int] { names.map(\.node) + indexes.map(\.node) }

    /// The tree's nodes; the first is its root.
    static func tree(of paths: [JSONPath]) -> [FieldNode] {
        var nodes = [FieldNode(path: 0)]
        for (number, path) in paths.enumerated() {
            var node = 0
            for segment in path.segments {
                let fresh = nodes.count
                let next = nodes[node].step(segment, fresh: fresh)
                if next == fresh { nodes.append(FieldNode(path: number)) }
                if segment == .wildcard { nodes[node].throughWildcard.append(number) }
                node = next
            }
            nodes[node].ends.append(number)
        }
        return nodes
    }

    /// The node that `segment` leads to, which is `fresh` where there was none.
    private mutating func step(_ segment: JSONPath.Segment, fresh: Int) -> Int {
        switch segment {
        case .name(let name):
            if let known = names.first(where: { $0.name == name }) { return known.node }
            names.append((name, fresh))
        case .index(let index):
            if let known = indexes.first(where: { $0.index == index }) { return known.node }
            indexes.append((index, fresh))
        case .wildcard:
            if let wildcard { return wildcard }
            wildcard = fresh
        }
        return fresh
    }
}

extension KMError.Code {
    /// One chosen path lies inside another.
    public static let pathsOverlap = Self("pathsOverlap")
    /// A path that must reach something reaches nothing, or not everywhere; the detail names it.
    public static let fieldMissing = Self("fieldMissing")
}
