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
