package import KMPrimitives

/// A content encryption key (CEK) and its encrypted form.
///
/// One key, and so one RSA operation, can serve several JWEs to one recipient. Each JWE needs its own IV (RFC 7516
/// section 2, Content Encryption Key).
package struct JWEContentKey: Sendable {
    /// The content encryption algorithm that the key is for.
    package let encryption: ContentEncryptionAlgorithm
    let cipher: AESGCM
    /// The encrypted key in base64url, the same in every message; empty for the key of a received message.
    package let encodedEncryptedKey: [UInt8]

    /// Generates a content encryption key (CEK) for `recipient`.
    ///
    /// - Parameters:
    ///   - encryption: The content encryption algorithm.
    ///   - recipient: The recipient's public key.
    ///   - isShared: Whether many tasks will use the key at the same time.
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package init(
        generating encryption: ContentEncryptionAlgorithm,
        for recipient: RSAPublicKey,
        isShared: Bool = false
    ) throws {
        let key = try SecretBytes(randomCount: encryption.keyByteCount)
        let encrypted = try key.withBytes { try recipient.encryptOAEP($0) }
        try self.init(encryption, key, encryptedKey: encrypted.span, isShared: isShared)
    }

    private init(
        _ encryption: ContentEncryptionAlgorithm,
        _ key: SecretBytes,
        encryptedKey: Span<UInt8>,
        isShared: Bool
    ) throws {
        self.encryption = encryption
        cipher = try AESGCM(key: key, isShared: isShared)
        var encoded: [UInt8] = []
        Base64.url.append(encryptedKey, to: &encoded)
        encodedEncryptedKey = encoded
    }

    /// Creates a key that someone else decrypted, to open messages with.
    ///
    /// - Parameters:
    ///   - key: The key.
    ///   - encryption: The content encryption algorithm.
    ///   - isShared: Whether many tasks will use the key at the same time.
    /// - Throws: ``KMError`` `invalidSize` when the key is not 16 or 32 bytes; `cryptographyUnavailable` when OpenSSL
    ///   fails.
    package init(
        unwrapped key: SecretBytes,
        _ encryption: ContentEncryptionAlgorithm,
        isShared: Bool = false
    ) throws {
        self.encryption = encryption
        cipher = try AESGCM(key: key, isShared: isShared)
        encodedEncryptedKey = []
    }

    /// Creates a key from given key bytes and their given encrypted form, for test vectors only.
    ///
    /// - Throws: ``KMError`` `invalidSize` when the key is not 16 or 32 bytes; `cryptographyUnavailable` when OpenSSL
    ///   fails.
    package init(
        insecureGiven key: SecretBytes,
        _ encryption: ContentEncryptionAlgorithm,
        encryptedKey: [UInt8]
    ) throws {
        try self.init(encryption, key, encryptedKey: encryptedKey.span, isShared: false)
    }

    /// Decrypts the content encryption key (CEK) of a received message.
    ///
    /// If the encrypted key does not decrypt, the result is a random key and no error is thrown. The check of the
    /// message's authentication tag then fails (RFC 7516 section 11.5).
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - algorithm: The algorithm that encrypts the key.
    ///   - encryption: The content encryption algorithm.
    ///   - privateKey: The recipient's private key.
    ///   - isShared: Whether many tasks will use the key at the same time.
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package init(
        unwrapping message: JWECompact,
        _ algorithm: KeyManagementAlgorithm,
        _ encryption: ContentEncryptionAlgorithm,
        with privateKey: RSAPrivateKey,
        isShared: Bool = false
    ) throws {
        let key = try privateKey.unwrapKey(
            message.encryptedKey.span,
            byteCount: encryption.keyByteCount,
            hash: algorithm.hash
        )
        try self.init(unwrapped: key, encryption, isShared: isShared)
    }

    /// Encrypts a message and appends its compact serialization.
    ///
    /// - Parameters:
    ///   - plaintext: The content.
    ///   - output: The array that the message is appended to.
    ///   - givenIV: The IV, 12 bytes that must not have been used under this key before; nil for a random one.
    ///   - appendHeader: A function that appends the protected header in base64url.
    /// - Throws: ``KMError`` `invalidSize` when `givenIV` is not 12 bytes; `cryptographyUnavailable` when OpenSSL fails;
    ///   and what `appendHeader` throws. Then discard what was appended to `output`.
    package func seal(
        _ plaintext: Span<UInt8>,
        appendingTo output: inout [UInt8],
        givenIV: ArraySlice<UInt8>? = nil,
        appendHeader: (inout [UInt8]) throws -> Void
    ) throws {
        let start = output.count
        try appendHeader(&output)
        let header = start..<output.count
        output.append(UInt8(ascii: "."))
        output.append(contentsOf: encodedEncryptedKey)
        output.append(UInt8(ascii: "."))
        let ivPlace = output.count
        let place = ivPlace + Self.encodedIVCount + 1
        let end = place + Base64.encodedCount(plaintext.count)
        output.append(zeros: end + 1 + Self.encodedTagCount - ivPlace)

        var iv = InlineArray<12, UInt8>(repeating: 0)
        var ivSpan = iv.mutableSpan
        if let givenIV {
            try Self.copy(givenIV, to: &ivSpan)
        } else {
            try AESGCM.writeRandomIV(to: &ivSpan)
        }
        var text = output.mutableSpan
        // The ciphertext is encoded in its place; the tag is behind it at first.
        try cipher.seal(plaintext, iv: iv.span, associatedData: header, in: &text, at: end - plaintext.count)
        let tag = InlineArray<16, UInt8> { text[end + $0] }
        Base64.url.write(iv.span, to: &text, at: ivPlace)
        text[place - 1] = UInt8(ascii: ".")
        Base64.url.writeInPlace(plaintext.count, in: &text, at: place)
        text[end] = UInt8(ascii: ".")
        Base64.url.write(tag.span, to: &text, at: end + 1)
    }

    private static let encodedIVCount = Base64.encodedCount(AESGCM.ivByteCount)
    private static let encodedTagCount = Base64.encodedCount(AESGCM.tagByteCount)

    private static func copy(_ given: ArraySlice<UInt8>, to iv: inout MutableSpan<UInt8>) throws {
        guard given.count == iv.count else {
            throw KMError(.invalidSize, "an AES-GCM IV must be \(iv.count) bytes; got \(given.count)")
        }
        for (place, byte) in given.enumerated() { iv[place] = byte }
    }

    /// Authenticates and decrypts a message.
    ///
    /// - Throws: ``KMError`` `authenticationFailed` when the message does not decrypt under this key.
    package func open(_ message: JWECompact) throws -> [UInt8] {
        let text = message.text.span
        // The message was parsed, so that its parts are canonical.
        guard var plaintext = Base64.url.decode(text.extracting(message.places.ciphertext)),
            let iv: InlineArray<12, UInt8> = Base64.url.decoded(text.extracting(message.places.iv)),
            let tag: InlineArray<16, UInt8> = Base64.url.decoded(text.extracting(message.places.tag))
        else { throw KMError(.authenticationFailed) }
        var span = plaintext.mutableSpan
        try cipher.open(
            &span,
            tag: tag.span,
            iv: iv.span,
            associatedData: text.extracting(message.places.header)
        )
        return plaintext
    }
}
