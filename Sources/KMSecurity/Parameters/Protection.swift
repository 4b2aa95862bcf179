/// What is done to the parameters of a request or a response.
public enum Protection: Sendable, Hashable {
    /// Nothing: the body is the parameters.
    case none
    /// The whole block becomes one JWE: the body is `{"encData":"…"}`.
    case message
}
