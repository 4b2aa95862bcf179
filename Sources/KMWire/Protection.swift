public import KMJSON

/// How the parameters of a request or a response are protected.
public enum Protection: Sendable, Hashable {
    /// Not encrypted: the body is the parameters.
    case none
    /// The whole block is one JWE: the body is `{"encData":"…"}`.
    case message
    /// Each selected value is a JWE in its place; every other byte of the parameters stays.
    case fields(FieldSelection)

    /// Selects fields by their paths; each path must match in every item of a list.
    ///
    /// - Throws: ``KMError`` as ``FieldSelection/init(_:requiresMatches:)-([String],_)``.
    public static func fields(_ paths: String...) throws -> Protection {
        .fields(try FieldSelection(paths))
    }
}

extension Protection: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The kind of protection; for fields, their paths.
    public var description: String {
        switch self {
        case .none: "none"
        case .message: "message"
        case .fields(let selection): "\(selection)"
        }
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
