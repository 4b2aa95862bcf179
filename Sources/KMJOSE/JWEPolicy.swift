/// What a receiver of JWEs takes: algorithms by name, and sizes, checked before any work is done.
public struct JWEPolicy: Sendable {
    /// The key management algorithms that are taken.
    public var keyManagementAlgorithms: Set<KeyManagementAlgorithm>
    /// The content encryption algorithms that are taken.
    public var contentEncryptionAlgorithms: Set<ContentEncryptionAlgorithm>
    /// The largest protected header, in bytes of JSON.
    public var maximumHeaderByteCount: Int
    /// The largest compact serialization, in bytes.
    public var maximumByteCount: Int

    /// RSA-OAEP-256 with A128GCM or A256GCM, headers to 4 KiB, messages to 16 MiB.
    public static let standard = JWEPolicy()

    /// As ``standard``, and RSA-OAEP with SHA-1 besides.
    ///
    /// For messages of old, under keys that serve nothing else: their senders should move to RSA-OAEP-256.
    public static let insecureAllowingSHA1 = JWEPolicy(keyManagementAlgorithms: [.rsaOAEP256, .insecureRSAOAEP])

    /// A policy of the given parts.
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
