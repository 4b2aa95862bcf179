public import KMPrimitives

/// The fields of a message that are encrypted one by one: the values that any of some paths reach.
///
/// Made ready once, so that a message is matched against all paths in one pass.
public struct FieldSelection: Sendable, Hashable {
    /// How many paths a selection may have.
    public static let maximumPathCount = 256

    /// The paths.
    public let paths: [JSONPath]

    /// Whether every path must reach something.
    ///
    /// A path whose wildcard meets an empty array or object is content: a list without items has no card numbers. The
    /// default, true, keeps a name that was misspelt, or that changed on one side, from sending a card number in the clear.
    public let requiresMatches: Bool

    let nodes: [FieldNode]

    /// Selects what `paths` reach.
    ///
    /// - Throws: ``KMError`` `pathsOverlap` when a value that one path reaches could lie inside one that another reaches;
    ///   `limitExceeded` for none or more than 256 paths.
    public init(_ paths: [JSONPath], requiresMatches: Bool = true) throws {
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
    public init(_ paths: [String], requiresMatches: Bool = true) throws {
        try self.init(paths.map(JSONPath.init(_:)), requiresMatches: requiresMatches)
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
    /// The paths that end here.
    private(set) var ends: [Int] = []
    /// The paths that go on through the wildcard.
    private(set) var throughWildcard: [Int] = []

    /// The tree's nodes; the first is its root.
    static func tree(of paths: [JSONPath]) -> [FieldNode] {
        var nodes = [FieldNode()]
        for (number, path) in paths.enumerated() {
            var node = 0
            for segment in path.segments {
                let fresh = nodes.count
                let next = nodes[node].step(segment, fresh: fresh)
                if next == fresh { nodes.append(FieldNode()) }
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
    /// A path that must reach something reaches nothing; the detail names it.
    public static let fieldMissing = Self("fieldMissing")
}
