package import KMPrimitives

/// The algorithm that encrypts a JWE's content encryption key (CEK), the header parameter `alg` (RFC 7518 section 4).
public enum KeyManagementAlgorithm: String, Sendable, CaseIterable {
    /// RSAES-OAEP with SHA-256 and MGF1 with SHA-256 (RFC 7518 section 4.3).
    case rsaOAEP256 = "RSA-OAEP-256"
    /// RSAES-OAEP with SHA-1, for decrypting old messages only.
    ///
    /// A policy must allow it. Nothing encrypts with it.
    case insecureRSAOAEP = "RSA-OAEP"

    package var hash: RSAPrivateKey.OAEPHash { self == .rsaOAEP256 ? .sha256 : .insecureSHA1 }
}

/// The algorithm that encrypts a JWE's content, the header parameter `enc` (RFC 7518 section 5.3).
public enum ContentEncryptionAlgorithm: String, Sendable, CaseIterable {
    /// AES-128-GCM.
    case a128GCM = "A128GCM"
    /// AES-256-GCM.
    case a256GCM = "A256GCM"

    /// The size of the content encryption key (CEK) in bytes, 16 or 32.
    public var keyByteCount: Int { self == .a128GCM ? 16 : 32 }
}
