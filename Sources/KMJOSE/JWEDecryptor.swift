public import KMPrimitives

/// Decrypts what was encrypted to one key (RFC 7516 section 5.2).
///
/// It may be used from several tasks at once.
public struct JWEDecryptor: Sendable {
    /// A message, decrypted and authenticated.
    public struct Message: Sendable {
        /// The protected header.
        public let header: JWEHeader
        /// The content.
        public let plaintext: [UInt8]
    }

    /// What is taken.
    public let policy: JWEPolicy
    private let key: RSAPrivateKey

    /// Prepares decryption with `key`.
    public init(with key: RSAPrivateKey, policy: JWEPolicy = .standard) {
        self.key = key
        self.policy = policy
    }

    /// Verifies and decrypts a compact serialization.
    ///
    /// A wrong key, a changed encrypted key, a content key of the wrong size and a changed ciphertext, IV, tag or header
    /// are one failure, by one path.
    ///
    /// - Parameters:
    ///   - message: the five parts, without white space.
    ///   - keyID: the name of the key; a header without `kid` is taken, one with another is not. Nil for no check.
    /// - Returns: the header and the content, both authenticated.
    /// - Throws: ``KMError`` `authenticationFailed`; before any decryption `malformedJWE`, `malformedHeader`,
    ///   `algorithmNotAllowed`, `keyIDMismatch` or `limitExceeded`; `cryptographyUnavailable`.
    public func decrypt(_ message: Span<UInt8>, keyID: String? = nil) throws -> Message {
        let (parts, header) = try parse(message, keyID: keyID)
        return Message(header: header, plaintext: try contentKey(of: parts, header).reader().read(parts))
    }

    /// Takes a message apart and checks all of it that needs no key.
    package func parse(_ message: Span<UInt8>, keyID: String?) throws -> (parts: JWECompact, header: JWEHeader) {
        let parts = try JWECompact(parsing: message, policy: policy)
        let header = try JWEHeader(parsing: parts.headerJSON, policy: policy)
        // Code point by code point (RFC 7515 section 5.3): `!=` would hold two spellings of an accented letter for one.
        if let keyID, let named = header.keyID, !named.utf8.elementsEqual(keyID.utf8) {
            throw KMError(.keyIDMismatch, "the header's kid is not the id of the key that is due")
        }
        return (parts, header)
    }

    /// The content key of a message, or a random one; which it is, only the tag of a message under it tells.
    package func contentKey(of parts: JWECompact, _ header: JWEHeader) throws -> JWEContentKey {
        try JWEContentKey(unwrapping: parts, header: header, with: key)
    }

    /// Verifies and decrypts a compact serialization; see ``decrypt(_:keyID:)-(Span<UInt8>,_)``.
    ///
    /// - Throws: ``KMError`` as there.
    public func decrypt(_ message: [UInt8], keyID: String? = nil) throws -> Message {
        try decrypt(message.span, keyID: keyID)
    }
}

extension JWEDecryptor.Message: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Tells the plaintext's size alone.
    public var description: String { "Message(\(plaintext.count) bytes, redacted)" }

    /// Tells the plaintext's size alone.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension JWEDecryptor: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The size of the key.
    public var description: String { "JWEDecryptor(\(key))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
