package import KMPrimitives

/// A content encryption key (CEK) and its encrypted form.
///
/// One key, and so one RSA operation, can serve several JWEs to one recipient. Each JWE needs its own IV (RFC 7516
/// section 2, Content Encryption Key).
///
/// A class, so that a cache hands out one reference. Several tasks can use it at the same time.
package final class JWEContentKey: Sendable {
    /// The content encryption algorithm that the key is for.
    package let encryption: ContentEncryptionAlgorithm
    let cipher: AESGCM
    /// The encrypted key in base64url, the same in every message; empty for a key that opens one message.
    package let encodedEncryptedKey: [UInt8]

    /// Generates a content encryption key (CEK) for `recipient`.
    ///
    /// - Parameters:
    ///   - encryption: The content encryption algorithm.
    ///   - recipient: The recipient's public key.
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package convenience init(
        generating encryption: ContentEncryptionAlgorithm,
        for recipient: RSAPublicKey
    ) throws {
        let key = try SecretBytes(randomCount: encryption.keyByteCount)
        let encrypted = try key.withBytes { try recipient.encryptOAEP($0) }
        try self.init(insecureGiven: key, encryption, encryptedKey: encrypted)
    }

    private init(_ encryption: ContentEncryptionAlgorithm, _ cipher: AESGCM, encodedEncryptedKey: [UInt8]) {
        self.encryption = encryption
        self.cipher = cipher
        self.encodedEncryptedKey = encodedEncryptedKey
    }

    /// Returns an independent copy, which shares no memory with this key.
    ///
    /// Two threads with a copy each do not slow each other down.
    ///
    /// - Parameter other: The encrypted key of the copy in base64url; nil for that of this key.
    /// - Returns: The copy.
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory runs out.
    package func copy(encodedEncryptedKey other: [UInt8]? = nil) throws -> JWEContentKey {
        let known = other ?? encodedEncryptedKey
        let text = [UInt8](copying: known.span)
        return JWEContentKey(encryption, try cipher.copy(), encodedEncryptedKey: text)
    }

    /// Creates a key that someone else decrypted, to open messages with.
    ///
    /// - Throws: ``KMError`` `invalidSize` when the key is not 16 or 32 bytes; `cryptographyUnavailable` when OpenSSL
    ///   fails.
    package convenience init(unwrapped key: SecretBytes, _ encryption: ContentEncryptionAlgorithm) throws {
        self.init(encryption, try AESGCM(key: key), encodedEncryptedKey: [])
    }

    /// Creates a key from given key bytes and their given encrypted form, for test vectors only.
    ///
    /// - Throws: ``KMError`` `invalidSize` when the key is not 16 or 32 bytes; `cryptographyUnavailable` when OpenSSL
    ///   fails.
    package convenience init(
        insecureGiven key: SecretBytes,
        _ encryption: ContentEncryptionAlgorithm,
        encryptedKey: [UInt8]
    ) throws {
        var encoded: [UInt8] = []
        Base64.url.append(encryptedKey.span, to: &encoded)
        self.init(encryption, try AESGCM(key: key), encodedEncryptedKey: encoded)
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
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package convenience init(
        unwrapping message: JWECompact,
        _ algorithm: KeyManagementAlgorithm,
        _ encryption: ContentEncryptionAlgorithm,
        with privateKey: RSAPrivateKey
    ) throws {
        let key = try privateKey.unwrapKey(
            message.encryptedKey.span,
            byteCount: encryption.keyByteCount,
            hash: algorithm.hash
        )
        try self.init(unwrapped: key, encryption)
    }

    /// Returns the size in bytes of the compact serialization of a plaintext of `count` bytes with a header of
    /// `headerCount` characters.
    package func sealedByteCount(_ count: Int, headerCount: Int) -> Int {
        headerCount + encodedEncryptedKey.count + Self.encodedIVCount + Base64.encodedCount(count)
            + Self.encodedTagCount + 4
    }

    /// Encrypts a message and writes its compact serialization into a text.
    ///
    /// - Parameters:
    ///   - plaintext: The content.
    ///   - header: The protected header in base64url.
    ///   - text: The text.
    ///   - start: The place of the message in the text, which has room for ``sealedByteCount(_:headerCount:)`` bytes.
    ///   - givenIV: The IV, 12 bytes that must not have been used under this key before; nil for a random one.
    /// - Returns: The end of the message in the text.
    /// - Throws: ``KMError`` `invalidSize` when `givenIV` is not 12 bytes; `cryptographyUnavailable` when OpenSSL fails.
    package func seal(
        _ plaintext: Span<UInt8>,
        header: Span<UInt8>,
        into text: inout MutableSpan<UInt8>,
        at start: Int,
        givenIV: ArraySlice<UInt8>? = nil
    ) throws -> Int {
        let encryptedKey = encodedEncryptedKey
        let headerEnd = start + header.count
        let ivPlace = headerEnd + 1 + encryptedKey.count + 1
        let place = ivPlace + Self.encodedIVCount + 1
        let end = place + Base64.encodedCount(plaintext.count)
        header.write(to: &text, at: start)
        encryptedKey.span.write(to: &text, at: headerEnd + 1)

        var iv = InlineArray<12, UInt8>(repeating: 0)
        var ivSpan = iv.mutableSpan
        if let givenIV {
            try Self.copy(givenIV, to: &ivSpan)
        } else {
            try AESGCM.writeRandomIV(to: &ivSpan)
        }
        // The ciphertext is encoded in its place; the tag is behind it at first.
        try cipher.seal(plaintext, iv: iv.span, associatedData: start..<headerEnd, in: &text, at: end - plaintext.count)
        let tag = InlineArray<16, UInt8> { text[end + $0] }
        Base64.url.write(iv.span, to: &text, at: ivPlace)
        Base64.url.writeInPlace(plaintext.count, in: &text, at: place)
        Base64.url.write(tag.span, to: &text, at: end + 1)
        text[headerEnd] = UInt8(ascii: ".")
        text[ivPlace - 1] = UInt8(ascii: ".")
        text[place - 1] = UInt8(ascii: ".")
        text[end] = UInt8(ascii: ".")
        return end + 1 + Self.encodedTagCount
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
        var iv = InlineArray<12, UInt8>(repeating: 0)
        var tag = InlineArray<16, UInt8>(repeating: 0)
        var ivSpan = iv.mutableSpan
        var tagSpan = tag.mutableSpan
        // The message was parsed, so that its parts are canonical.
        guard Base64.url.decode(text.extracting(message.places.iv), into: &ivSpan),
            Base64.url.decode(text.extracting(message.places.tag), into: &tagSpan),
            var plaintext = Base64.url.decode(text.extracting(message.places.ciphertext))
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

extension JWEContentKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The algorithm only.
    package var description: String { "JWEContentKey(\(encryption.rawValue), redacted)" }

    /// The same as ``description``.
    package var debugDescription: String { description }

    /// A mirror without children, so that the key is not shown.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
