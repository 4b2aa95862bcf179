public import KMPrimitives

/// Encrypts to one recipient under one header, with a fresh content key and IV for every message (RFC 7516 section 5.1).
///
/// Make one for a key and keep it: its header is encoded once. It may be used from several tasks at once.
public struct JWEEncryptor: Sendable {
    /// The recipient's key.
    public let recipient: RSAPublicKey
    /// The protected header of every message.
    public let header: JWEHeader
    private let encodedHeader: [UInt8]

    /// Prepares encryption to `recipient`.
    ///
    /// - Throws: ``KMError`` `algorithmNotAllowed` for a header with ``KeyManagementAlgorithm/insecureRSAOAEP``;
    ///   `malformedHeader` for a private parameter that stands there twice or has a name of RFC 7516's.
    public init(to recipient: RSAPublicKey, header: JWEHeader) throws {
        guard header.algorithm == .rsaOAEP256 else {
            throw KMError(.algorithmNotAllowed, "nothing is encrypted with RSA-OAEP and SHA-1")
        }
        let names = header.privateParameters.map(\.name)
        guard Set(names).count == names.count, JWEHeader.definedNames.isDisjoint(with: names) else {
            throw KMError(.malformedHeader, "a private parameter stands there twice, or has a name of RFC 7516's")
        }
        self.recipient = recipient
        self.header = header
        var encoded: [UInt8] = []
        Base64.url.append(header.json.span, to: &encoded)
        encodedHeader = encoded
    }

    /// The compact serialization's size in bytes for a plaintext of `count` bytes.
    public func encryptedByteCount(_ count: Int) -> Int {
        encodedHeader.count + Base64.encodedCount(recipient.byteCount) + Base64.encodedCount(AESGCM.ivByteCount)
            + Base64.encodedCount(count) + Base64.encodedCount(AESGCM.tagByteCount) + 4
    }

    /// Appends the compact serialization of `plaintext` to `output`.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`; what `output` then holds behind its old end is to be discarded.
    public func encrypt(_ plaintext: Span<UInt8>, appendingTo output: inout [UInt8]) throws {
        let (key, iv) = try JWEContentKey.generate(header.encryption, for: recipient, ivCount: 1)
        try encrypt(plaintext, under: key, iv: iv, appendingTo: &output)
    }

    /// Appends the compact serialization of `plaintext` under a content key that serves several messages.
    package func encrypt(
        _ plaintext: Span<UInt8>,
        under key: JWEContentKey,
        iv: [UInt8],
        appendingTo output: inout [UInt8]
    ) throws {
        output.reserveCapacity(output.count + encryptedByteCount(plaintext.count))
        var writer = try key.writer()
        try writer.write(plaintext, iv: iv.span, to: &output) { $0.append(contentsOf: encodedHeader) }
    }

    /// The compact serialization of `plaintext`.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    public func encrypt(_ plaintext: [UInt8]) throws -> [UInt8] {
        var output: [UInt8] = []
        try encrypt(plaintext.span, appendingTo: &output)
        return output
    }
}

extension JWEEncryptor: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Tells the algorithms and the key's size.
    public var description: String { "JWEEncryptor(\(header), \(recipient))" }

    /// Tells the algorithms and the key's size.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
