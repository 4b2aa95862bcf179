public import KMJSON

/// How the parameters of a request or a response are protected.
public enum Protection: Sendable, Hashable {
    /// The parameters are not encrypted: they are the body.
    case none
    /// The parameters are encrypted as one JWE: the body is `{"encData":"…"}`.
    case message
    /// Each selected value is replaced by a JWE; all other bytes of the parameters stay as they are.
    case fields(FieldSelection)

    /// Returns the protection of fields that are selected by path; each path must match in every item of a list.
    ///
    /// - Throws: ``KMError`` as ``FieldSelection/init(_:presence:)-([String],_)``.
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
