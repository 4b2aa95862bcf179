/// What is done to the parameters of a request or a response.
public enum Protection: Sendable, Hashable {
    /// Nothing: the body is the parameters.
    case none
    /// The whole block becomes one JWE: the body is `{"encData":"…"}`.
    case message
    /// Each selected value becomes a JWE in its place; every other byte of the parameters stays.
    case fields(FieldSelection)

    /// Field level, of what some paths reach, each of them something in all places where it leads.
    ///
    /// - Throws: ``KMError`` as ``FieldSelection/init(_:requiresMatches:)-([String],_)``.
    public static func fields(_ paths: String...) throws -> Protection {
        .fields(try FieldSelection(paths))
    }
}
