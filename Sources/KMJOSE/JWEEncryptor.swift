public import KMPrimitives

/// Encrypts messages to one recipient with one protected header (RFC 7516 section 5.1).
///
/// Every message has its own content encryption key (CEK) and IV. Create one encryptor for each key and keep it,
/// because it encodes the header only once. Several tasks can use it at the same time.
public struct JWEEncryptor: Sendable {
    /// The recipient's public key.
    public let recipient: RSAPublicKey
    /// The protected header of every message.
    public let header: JWEHeader
    /// The protected header in base64url.
    package let encodedHeader: [UInt8]

    /// Creates an encryptor for a recipient and a protected header.
    ///
    /// - Throws: ``KMError`` `algorithmNotAllowed` when the header's algorithm is
    ///   ``KeyManagementAlgorithm/insecureRSAOAEP``; `malformedHeader` when a private parameter is duplicated or has a
    ///   name that RFC 7515, 7516, 7518 or 7797 defines.
    public init(to recipient: RSAPublicKey, header: JWEHeader) throws {
        guard header.algorithm == .rsaOAEP256 else {
            throw KMError(.algorithmNotAllowed, "RSA-OAEP with SHA-1 is for decryption only; use RSA-OAEP-256")
        }
        let names = header.privateParameters.map(\.name)
        guard Set(names).count == names.count, JWEHeader.definedNames.isDisjoint(with: names) else {
            throw KMError(
                .malformedHeader,
                "a private parameter is duplicated or has a name that the JOSE standards define; use another name"
            )
        }
        self.recipient = recipient
        self.header = header
        var encoded: [UInt8] = []
        Base64.url.append(header.json.span, to: &encoded)
        encodedHeader = encoded
    }

    /// Returns the size in bytes of the compact serialization of a plaintext of `count` bytes.
    public func encryptedByteCount(_ count: Int) -> Int {
        encodedHeader.count + Base64.encodedCount(recipient.byteCount) + Base64.encodedCount(AESGCM.ivByteCount)
            + Base64.encodedCount(count) + Base64.encodedCount(AESGCM.tagByteCount) + 4
    }

    /// Appends the compact serialization of `plaintext` to `output`.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails. Then discard what was appended to `output`.
    public func encrypt(_ plaintext: Span<UInt8>, appendingTo output: inout [UInt8]) throws {
        let key = try JWEContentKey(generating: header.encryption, for: recipient)
        let start = output.count
        output.append(zeros: key.sealedByteCount(plaintext.count, headerCount: encodedHeader.count))
        var text = output.mutableSpan
        _ = try key.seal(plaintext, header: encodedHeader.span, into: &text, at: start)
    }

    /// Returns the compact serialization of `plaintext`.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    public func encrypt(_ plaintext: [UInt8]) throws -> [UInt8] {
        var output: [UInt8] = []
        try encrypt(plaintext.span, appendingTo: &output)
        return output
    }
}

extension JWEEncryptor: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The algorithms and the key's size.
    public var description: String { "JWEEncryptor(\(header), \(recipient))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
