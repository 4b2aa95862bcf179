public import KMPrimitives

extension KMError.Code {
    /// Not a JWE compact serialization: the number of parts, the encoding or the size of one.
    public static let malformedJWE = Self("malformedJWE")
    /// The protected header is not what RFC 7516 section 4 asks for.
    public static let malformedHeader = Self("malformedHeader")
    /// An algorithm, or a feature such as `zip` or `crit`, that the receiver does not take.
    public static let algorithmNotAllowed = Self("algorithmNotAllowed")
    /// The header's `kid` names another key than the one that is due.
    public static let keyIDMismatch = Self("keyIDMismatch")
    /// Not a JSON Web Key of the kind that is due (RFC 7517).
    public static let malformedJWK = Self("malformedJWK")
}
