public import KMPrimitives

/// Decrypts messages with one private key (RFC 7516 section 5.2).
///
/// Several tasks can use it at the same time.
public struct JWEDecryptor: Sendable {
    /// A decrypted and authenticated message.
    public struct Message: Sendable {
        /// The protected header.
        public let header: JWEHeader
        /// The content.
        public let plaintext: [UInt8]
    }

    /// The algorithms and sizes that this decryptor accepts.
    public let policy: JWEPolicy
    private let key: RSAPrivateKey

    /// Creates a decryptor for a private key and a policy.
    public init(with key: RSAPrivateKey, policy: JWEPolicy = .standard) {
        self.key = key
        self.policy = policy
    }

    /// Authenticates and decrypts a compact serialization.
    ///
    /// A wrong key, a changed encrypted key, a content encryption key (CEK) of the wrong size, and a changed
    /// ciphertext, IV, tag or header all fail with the same error and on the same code path.
    ///
    /// - Parameters:
    ///   - message: The compact serialization, without white space.
    ///   - keyID: The expected key id. A header with another `kid` is rejected, and a header without `kid` is accepted.
    ///     Pass nil to skip this check.
    /// - Returns: The header and the content, both authenticated.
    /// - Throws: ``KMError`` `malformedJWE`, `malformedHeader`, `algorithmNotAllowed`, `keyIDMismatch` or
    ///   `limitExceeded` before any decryption; `authenticationFailed` when the message does not decrypt;
    ///   `cryptographyUnavailable` when OpenSSL fails.
    public func decrypt(_ message: Span<UInt8>, keyID: String? = nil) throws -> Message {
        let (parts, header) = try policy.parse(message, keyID: keyID)
        let contentKey = try JWEContentKey(unwrapping: parts, header.algorithm, header.encryption, with: key)
        return Message(header: header, plaintext: try contentKey.open(parts))
    }

    /// Authenticates and decrypts a compact serialization in an array.
    ///
    /// ``decrypt(_:keyID:)-(Span<UInt8>,_)`` describes the parameters.
    ///
    /// - Throws: ``KMError`` `malformedJWE`, `malformedHeader`, `algorithmNotAllowed`, `keyIDMismatch` or
    ///   `limitExceeded` before any decryption; `authenticationFailed` when the message does not decrypt;
    ///   `cryptographyUnavailable` when OpenSSL fails.
    public func decrypt(_ message: [UInt8], keyID: String? = nil) throws -> Message {
        try decrypt(message.span, keyID: keyID)
    }
}

extension JWEDecryptor.Message: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The plaintext's size, without its content.
    public var description: String { "Message(\(plaintext.count) bytes, redacted)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children, so that the plaintext is not shown.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension JWEDecryptor: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The key's size.
    public var description: String { "JWEDecryptor(\(key))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children, so that the key is not shown.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
