internal import KMPrimitives

/// The five parts of a JWE compact serialization (RFC 7516 section 3.1), decoded and measured; nothing is decrypted.
public struct JWECompact: Sendable {
    /// The protected header as it stands in the message, in base64url: the associated data of the encryption.
    public let encodedHeader: [UInt8]
    /// The protected header's JSON.
    public let headerJSON: [UInt8]
    /// The content key, encrypted to the recipient.
    public let encryptedKey: [UInt8]
    /// The initialization vector, 12 bytes.
    public let iv: [UInt8]
    /// The ciphertext, as long as the plaintext.
    public let ciphertext: [UInt8]
    /// The authentication tag, 16 bytes.
    public let tag: [UInt8]

    /// Takes a message apart and checks the sizes of its parts.
    ///
    /// - Throws: ``KMError`` `malformedJWE`, whose detail names the part, or `limitExceeded`.
    public init(parsing message: Span<UInt8>, policy: JWEPolicy = .standard) throws {
        try self.init(decoding: message, policy: policy)
        try checkSizes()
    }

    /// Takes a message apart, whatever the sizes of its parts, which other algorithms have: to be looked at.
    package init(decoding message: Span<UInt8>, policy: JWEPolicy) throws {
        guard message.count <= policy.maximumByteCount else {
            throw KMError(.limitExceeded, "a message of \(message.count) bytes; \(policy.maximumByteCount) are taken")
        }
        let parts = try Self.parts(of: message)
        let maximumHeaderCount = Base64.encodedCount(policy.maximumHeaderByteCount)
        guard parts[0].count <= maximumHeaderCount else {
            throw KMError(
                .limitExceeded,
                "a protected header of \(parts[0].count) characters; \(maximumHeaderCount) are taken"
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

    /// Throws unless the parts have the sizes of RSA-OAEP with AES-GCM.
    package func checkSizes() throws {
        guard !encryptedKey.isEmpty else { throw KMError(.malformedJWE, "the encrypted key is empty") }
        guard iv.count == AESGCM.ivByteCount else {
            throw KMError(.malformedJWE, "the initialization vector has \(counted(iv.count, "byte")); 12 are due")
        }
        guard tag.count == AESGCM.tagByteCount else {
            throw KMError(.malformedJWE, "the authentication tag has \(counted(tag.count, "byte")); 16 are due")
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
            throw KMError(.malformedJWE, "\(counted(dots + 1, "part")); a JWE compact serialization has 5")
        }
        guard !parts[0].isEmpty else { throw KMError(.malformedJWE, "the protected header is empty") }
        return parts + [start..<message.count]
    }
}

extension JWECompact: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Tells the sizes of its parts.
    public var description: String {
        let sizes = [headerJSON, encryptedKey, iv, ciphertext, tag].map { "\($0.count)" }
        return "JWECompact(parts of \(sizes.joined(separator: ", ")) bytes, redacted)"
    }

    /// Tells the sizes of its parts.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension [UInt8] {
    /// The bytes of `span`.
    init(copying span: Span<UInt8>) {
        self = []
        append(addingCapacity: span.count) { output in
            for index in span.indices { output.append(span[index]) }
        }
    }
}
