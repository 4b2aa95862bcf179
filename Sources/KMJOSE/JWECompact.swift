internal import KMPrimitives

/// The five decoded parts of a JWE compact serialization (RFC 7516 section 3.1).
///
/// Their sizes are checked, but nothing is decrypted or authenticated.
public struct JWECompact: Sendable {
    /// The protected header in base64url, exactly as received; it is the associated data of the content encryption.
    public let encodedHeader: [UInt8]
    /// The protected header's JSON.
    public let headerJSON: [UInt8]
    /// The content encryption key (CEK), encrypted to the recipient.
    public let encryptedKey: [UInt8]
    /// The initialization vector, 12 bytes.
    public let iv: [UInt8]
    /// The ciphertext, which has the length of the plaintext.
    public let ciphertext: [UInt8]
    /// The authentication tag, 16 bytes.
    public let tag: [UInt8]

    /// Splits a message into its parts, decodes them and checks their sizes.
    ///
    /// - Throws: ``KMError`` `malformedJWE` when there are not five parts, or when a part has an invalid encoding or
    ///   size (the detail names the part); `limitExceeded` when the message or its header is larger than `policy`
    ///   allows.
    public init(parsing message: Span<UInt8>, policy: JWEPolicy = .standard) throws {
        try self.init(decoding: message, policy: policy)
        try checkSizes()
    }

    /// Splits a message into its parts and decodes them, without checking their sizes.
    ///
    /// This serves to inspect messages that use other algorithms, whose parts have other sizes.
    ///
    /// - Throws: ``KMError`` `malformedJWE` or `limitExceeded`.
    package init(decoding message: Span<UInt8>, policy: JWEPolicy) throws {
        guard message.count <= policy.maximumByteCount else {
            throw KMError(
                .limitExceeded,
                "the message must be at most \(policy.maximumByteCount) bytes; got \(message.count)"
            )
        }
        let parts = try Self.parts(of: message)
        let maximumHeaderCount = Base64.encodedCount(policy.maximumHeaderByteCount)
        guard parts[0].count <= maximumHeaderCount else {
            throw KMError(
                .limitExceeded,
                "the protected header must be at most \(maximumHeaderCount) characters; got \(parts[0].count)"
            )
        }
        func decoded(_ index: Int, _ name: String) throws -> [UInt8] {
            guard let bytes = Base64.url.decode(message.extracting(parts[index])) else {
                throw KMError(.malformedJWE, "the \(name) is not canonical base64url without padding")
            }
            return bytes
        }
        encodedHeader = Array(copying: message.extracting(parts[0]))
        headerJSON = try decoded(0, "protected header")
        encryptedKey = try decoded(1, "encrypted key")
        iv = try decoded(2, "initialization vector")
        ciphertext = try decoded(3, "ciphertext")
        tag = try decoded(4, "authentication tag")
    }

    /// Throws unless the parts have the sizes that RSA-OAEP with AES-GCM requires.
    ///
    /// - Throws: ``KMError`` `malformedJWE`, whose detail names the part.
    package func checkSizes() throws {
        guard !encryptedKey.isEmpty else { throw KMError(.malformedJWE, "the encrypted key is empty") }
        guard iv.count == AESGCM.ivByteCount else {
            throw KMError(.malformedJWE, "the initialization vector must be 12 bytes; got \(iv.count)")
        }
        guard tag.count == AESGCM.tagByteCount else {
            throw KMError(.malformedJWE, "the authentication tag must be 16 bytes; got \(tag.count)")
        }
    }

    private static func parts(of message: Span<UInt8>) throws -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var (start, dots) = (0, 0)
        for at in message.indices where message[at] == UInt8(ascii: ".") {
            dots += 1
            if dots < 5 { parts.append(start..<at) }
            start = at + 1
        }
        guard dots == 4 else {
            throw KMError(.malformedJWE, "a JWE compact serialization must have 5 parts; got \(dots + 1)")
        }
        guard !parts[0].isEmpty else { throw KMError(.malformedJWE, "the protected header is empty") }
        return parts + [start..<message.count]
    }
}

extension JWECompact: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The sizes of the parts, without their content.
    public var description: String {
        let sizes = [headerJSON, encryptedKey, iv, ciphertext, tag].map { "\($0.count)" }
        return "JWECompact(parts of \(sizes.joined(separator: ", ")) bytes, redacted)"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children, so that the content is not shown.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
