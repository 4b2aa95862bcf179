public import KMPrimitives

extension KMError.Code {
    /// The message is not a JWE compact serialization: the number of parts, or a part's encoding or size, is wrong.
    public static let malformedJWE = Self("malformedJWE")
    /// The protected header does not follow RFC 7516 section 4.
    public static let malformedHeader = Self("malformedHeader")
    /// The header uses an algorithm, or a feature such as `zip` or `crit`, that is not accepted.
    public static let algorithmNotAllowed = Self("algorithmNotAllowed")
    /// The header's `kid` differs from the expected key id.
    public static let keyIDMismatch = Self("keyIDMismatch")
    /// The bytes are not a well-formed JSON Web Key (RFC 7517).
    public static let malformedJWK = Self("malformedJWK")
}
