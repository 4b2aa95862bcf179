public import KMPrimitives

/// The fields of a message that are encrypted one by one, selected by JSONPaths.
///
/// A field is a value that at least one of the paths matches. Create a selection once and keep it. It prepares the
/// paths so that each message is matched against all of them in one pass.
public struct FieldSelection: Sendable, Hashable {
    /// How often each path of a selection must match in a message.
    ///
    /// A path with a misspelled or outdated member name matches nothing. Without a requirement, its card number would
    /// then be sent unencrypted. A null is a value and counts as a match. A wildcard over an empty array or object also
    /// fulfils the requirement, because an empty list has no card numbers.
    public enum Presence: Sendable, Hashable {
        /// Every path must match, and must match in every member or element that its wildcards cover.
        case everyItem
        /// Every path must match at least once.
        ///
        /// Use this for lists in which some items legitimately lack a field. An item with a misspelled member name then
        /// stays unencrypted if another item matches.
        case atLeastOnce
        /// A path may match nothing.
        case optional
    }

    /// The largest number of paths in a selection.
    public static let maximumPathCount = 256

    /// The paths that select the fields.
    public let paths: [JSONPath]

    /// The matches that a message must have for each path.
    public let presence: Presence

    let nodes: [FieldNode]

    /// Creates a selection from paths.
    ///
    /// - Throws: ``KMError`` `pathsOverlap` when a value that one path matches could lie inside a value that another
    ///   path matches; `limitExceeded` when there are no paths or more than 256.
    public init(_ paths: [JSONPath], presence: Presence = .everyItem) throws {
        guard (1...Self.maximumPathCount).contains(paths.count) else {
            throw KMError(
                .limitExceeded,
                "a selection must have 1 to \(Self.maximumPathCount) paths; got \(paths.count)"
            )
        }
        for (index, outer) in paths.enumerated() {
            for inner in paths where inner.segments.count > outer.segments.count && outer.covers(inner) {
                throw KMError(.pathsOverlap, "\(inner) lies inside \(paths[index]); remove one of the two")
            }
        }
        self.paths = paths
        self.presence = presence
        nodes = FieldNode.tree(of: paths)
    }

    /// Creates a selection from the text of paths.
    ///
    /// - Throws: ``KMError`` `pathMalformed` or `pathUnsupported` when a text is not a supported path; `pathsOverlap`
    ///   when a value that one path matches could lie inside a value that another path matches; `limitExceeded` when
    ///   there are no paths or more than 256.
    public init(_ paths: [String], presence: Presence = .everyItem) throws {
        try self.init(paths.map(JSONPath.init(_:)), presence: presence)
    }

    /// Creates a selection from paths that are known not to overlap, without checking them.
    package init(unchecked paths: [JSONPath]) {
        self.paths = paths
        presence = .everyItem
        nodes = FieldNode.tree(of: paths)
    }

    /// Returns whether two selections have the same paths in the same order, and the same presence.
    public static func == (left: FieldSelection, right: FieldSelection) -> Bool {
        left.paths == right.paths && left.presence == right.presence
    }

    /// Hashes the paths and the presence.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(paths)
        hasher.combine(presence)
    }
}

extension FieldSelection: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The paths.
    public var description: String { "fields \(paths.map { "\($0)" }.joined(separator: " "))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A node in the tree of all paths of a selection.
///
/// Paths that begin with the same segments share their first nodes.
struct FieldNode: Sendable {
    /// The nodes that the next segment leads to, by member name.
    private(set) var names: [(name: [UInt8], node: Int)] = []
    private(set) var indexes: [(index: Int, node: Int)] = []
    private(set) var wildcard: Int?
    /// The number of a path that goes through this node; one of them if there are several.
    let path: Int
    /// The numbers of the paths that end at this node.
    private(set) var ends: [Int] = []
    /// The numbers of the paths whose next segment is the wildcard.
    private(set) var throughWildcard: [Int] = []

    /// The number of nodes that a value must lead to by name or index.
    var dueCount: Int { names.count + indexes.count }
    /// The nodes that a value must lead to by name or index.
    var due: [Int] { names.map(\.node) + indexes.map(\.node) }

    /// Creates the tree of `paths`, whose first node is the root.
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

    /// Returns the node that `segment` leads to, or adds `fresh` as that node if there is none.
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
    /// A path of a selection can match a value inside one that another path matches; the detail names both.
    public static let pathsOverlap = Self("pathsOverlap")
    /// A match that the ``FieldSelection/Presence`` demands is missing; the detail names the path.
    public static let fieldMissing = Self("fieldMissing")
}
