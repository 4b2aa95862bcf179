/// The algorithms and sizes that a receiver of JWEs accepts.
///
/// They are checked before any cryptographic work is done.
public struct JWEPolicy: Sendable {
    /// The accepted key management algorithms (`alg`).
    public var keyManagementAlgorithms: Set<KeyManagementAlgorithm>
    /// The accepted content encryption algorithms (`enc`).
    public var contentEncryptionAlgorithms: Set<ContentEncryptionAlgorithm>
    /// The largest accepted protected header, in bytes of JSON.
    public var maximumHeaderByteCount: Int
    /// The largest accepted compact serialization, in bytes.
    public var maximumByteCount: Int

    /// RSA-OAEP-256 with A128GCM or A256GCM, headers of at most 4 KiB, and messages of at most 16 MiB.
    public static let standard = JWEPolicy()

    /// The standard policy, which also accepts RSA-OAEP with SHA-1.
    ///
    /// Use it only to decrypt old messages, with keys that have no other use. Ask their senders to change to
    /// RSA-OAEP-256.
    public static let insecureAllowingSHA1 = JWEPolicy(keyManagementAlgorithms: [.rsaOAEP256, .insecureRSAOAEP])

    /// Creates a policy.
    ///
    /// The default arguments give the ``standard`` policy.
    public init(
        keyManagementAlgorithms: Set<KeyManagementAlgorithm> = [.rsaOAEP256],
        contentEncryptionAlgorithms: Set<ContentEncryptionAlgorithm> = [.a128GCM, .a256GCM],
        maximumHeaderByteCount: Int = 4096,
        maximumByteCount: Int = 16 << 20
    ) {
        self.keyManagementAlgorithms = keyManagementAlgorithms
        self.contentEncryptionAlgorithms = contentEncryptionAlgorithms
        self.maximumHeaderByteCount = maximumHeaderByteCount
        self.maximumByteCount = maximumByteCount
    }
}

extension JWEPolicy {
    /// Parses a message and makes all checks that need no key.
    ///
    /// - Throws: ``KMError`` `malformedJWE`, `malformedHeader`, `algorithmNotAllowed`, `keyIDMismatch` or
    ///   `limitExceeded`.
    package func parse(_ message: Span<UInt8>, keyID: String?) throws -> (parts: JWECompact, header: JWEHeader) {
        let parts = try JWECompact(parsing: message, policy: self)
        return (parts, try header(of: parts, keyID: keyID))
    }

    /// Parses the header of a message, and checks it.
    ///
    /// - Throws: ``KMError`` `malformedHeader`, `algorithmNotAllowed`, `keyIDMismatch` or `limitExceeded`.
    package func header(of parts: JWECompact, keyID: String?) throws -> JWEHeader {
        let header = try JWEHeader(parsing: parts.headerJSON, policy: self)
        // Compare code points (RFC 7515 section 5.3): `!=` treats the two Unicode forms of an accented letter as equal.
        if let keyID, let named = header.keyID, !named.utf8.elementsEqual(keyID.utf8) {
            throw KMError(.keyIDMismatch, "the header's kid differs from the expected key id")
        }
        return header
    }
}

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
