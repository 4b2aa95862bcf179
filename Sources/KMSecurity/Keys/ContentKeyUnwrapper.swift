public import KMJOSE
public import KMPrimitives

/// A private key that decrypts content encryption keys (CEKs), in this process or elsewhere: an HSM, or the key service
/// of a cloud.
///
/// ``RSAPrivateKey`` is the unwrapper for keys in memory. Implement the protocol for a key that never leaves its
/// device, and pass your type as the `decryptionKey` of a ``CryptoKey``:
///
/// - Return nil if the device says that the encrypted key does not decrypt. The package then continues with a random
///   key, so that the sender cannot tell a wrong key from a wrong message (RFC 7516 section 11.5). Do not log or count
///   this case separately, and take the same time for it as far as the device allows.
/// - Throw if the device does not answer, or needs a login. A server then answers HTTP 500, and the request stays in
///   the memory of the replay guard.
/// - Do not retry in a way that uses up login attempts.
public protocol ContentKeyUnwrapper: Sendable {
    /// Decrypts a content encryption key.
    ///
    /// - Parameter key: The encrypted key of a message.
    /// - Returns: The content encryption key, which belongs to the caller; nil if the encrypted key does not decrypt.
    /// - Throws: The device's error, which must not depend on what the encrypted key decrypts to. A ``KMError`` reaches
    ///   the caller of a client or server within a ``DeviceFailure``.
    func unwrap(_ key: WrappedContentKey) async throws -> SecretBytes?
}

/// A source of private keys that are elsewhere, which a keyring file names by URIs.
///
/// `PKCS11PrivateKeys` of KMPKCS11 finds keys in an HSM by `pkcs11:` URIs (RFC 7512). Implement the protocol for the key
/// service of a cloud.
public protocol PrivateKeySource: Sendable {
    /// Returns the private key that a URI names.
    ///
    /// It is called for each load of a keyring file. Do not wait for a device here: return an unwrapper that connects
    /// when it is used. Return the same unwrapper for the same URI, so that its connection is kept.
    ///
    /// - Parameter uri: The URI, at most 4096 bytes of printable ASCII.
    /// - Returns: The private key.
    /// - Throws: An error if the URI is not one of this source. The keyring file is then not loaded.
    func privateKey(at uri: String) throws -> any ContentKeyUnwrapper
}

/// The encrypted content encryption key (CEK) of a message.
public struct WrappedContentKey: Sendable, Hashable {
    /// The algorithm that encrypted the key, the header parameter `alg`.
    public let algorithm: KeyManagementAlgorithm
    /// The encrypted key, 256 to 1024 bytes.
    ///
    /// A sender chooses it: it can have another size than your key's modulus. It then does not decrypt.
    public let bytes: [UInt8]
    /// The size of the content encryption key in bytes, 16 or 32.
    public let byteCount: Int

    /// Creates a value, to test an unwrapper.
    public init(_ bytes: [UInt8], algorithm: KeyManagementAlgorithm = .rsaOAEP256, byteCount: Int) {
        self.algorithm = algorithm
        self.bytes = bytes
        self.byteCount = byteCount
    }
}

extension RSAPrivateKey: ContentKeyUnwrapper {
    /// Decrypts a content encryption key.
    ///
    /// - Returns: The content encryption key. If the encrypted key does not decrypt, or decrypts to another size, a
    ///   random key of `byteCount` bytes, in the same time.
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    public func unwrap(_ key: WrappedContentKey) throws -> SecretBytes? {
        try unwrapKey(key.bytes.span, byteCount: key.byteCount, hash: key.algorithm.hash)
    }
}
