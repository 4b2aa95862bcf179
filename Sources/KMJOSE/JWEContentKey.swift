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

    /// Generates a content encryption key (CEK) for `recipient`, and IVs to use it with.
    ///
    /// All random bytes come from one call of the random generator, because a call takes as long as the encryption of
    /// one kilobyte.
    ///
    /// - Returns: The key, and `ivCount` IVs of 12 bytes each, concatenated.
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package static func generate(
        _ encryption: ContentEncryptionAlgorithm,
        for recipient: RSAPublicKey,
        ivCount: Int
    ) throws -> (key: JWEContentKey, ivs: [UInt8]) {
        let keyByteCount = encryption.keyByteCount
        let random = try SecretBytes(randomCount: keyByteCount + ivCount * AESGCM.ivByteCount)
        let key = try JWEContentKey(encryption, random.extracting(0..<keyByteCount), recipient)
        return (key, random.withBytes { Array(copying: $0.extracting(keyByteCount..<$0.count)) })
    }

    init(_ encryption: ContentEncryptionAlgorithm, _ key: SecretBytes, _ recipient: RSAPublicKey) throws {
        self.encryption = encryption
        cipher = try AESGCM(key: key)
        let encrypted = try key.withBytes { try recipient.encryptOAEP($0) }
        var encoded: [UInt8] = []
        Base64.url.append(encrypted.span, to: &encoded)
        encodedEncryptedKey = encoded
    }

    /// Creates a key that someone else decrypted, to open messages with.
    ///
    /// - Throws: ``KMError`` `invalidSize` when the key is not 16 or 32 bytes; `cryptographyUnavailable` when OpenSSL
    ///   fails.
    package init(unwrapped key: SecretBytes, _ encryption: ContentEncryptionAlgorithm) throws {
        self.encryption = encryption
        cipher = try AESGCM(key: key)
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
        self.encryption = encryption
        cipher = try AESGCM(key: key)
        var encoded: [UInt8] = []
        Base64.url.append(encryptedKey.span, to: &encoded)
        encodedEncryptedKey = encoded
    }

    /// Decrypts the content encryption key (CEK) of a received message.
    ///
    /// If the encrypted key does not decrypt, the result is a random key and no error is thrown. The check of the
    /// message's authentication tag then fails (RFC 7516 section 11.5).
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package init(unwrapping message: JWECompact, header: JWEHeader, with privateKey: RSAPrivateKey) throws {
        encryption = header.encryption
        let key = try privateKey.unwrapKey(
            message.encryptedKey.span,
            byteCount: header.encryption.keyByteCount,
            hash: header.algorithm.hash
        )
        cipher = try AESGCM(key: key)
        encodedEncryptedKey = []
    }

    /// Creates a writer that encrypts messages under this key, one after another.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package func writer() throws -> Writer {
        Writer(sealer: try cipher.sealer(), encodedEncryptedKey: encodedEncryptedKey)
    }

    /// Creates a reader that decrypts messages under this key, one after another.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package func reader() throws -> Reader { Reader(opener: try cipher.opener()) }

    /// Encrypts messages under one content encryption key (CEK).
    ///
    /// A writer is not `Sendable`. Use it from one task at a time.
    package struct Writer {
        fileprivate let sealer: AESGCM.Sealer
        fileprivate let encodedEncryptedKey: [UInt8]
        /// The current message's ciphertext and tag; all messages reuse this buffer.
        private var sealed: [UInt8] = []

        fileprivate init(sealer: AESGCM.Sealer, encodedEncryptedKey: [UInt8]) {
            self.sealer = sealer
            self.encodedEncryptedKey = encodedEncryptedKey
        }

        /// Appends the compact serialization of `plaintext`.
        ///
        /// - Parameters:
        ///   - plaintext: The content.
        ///   - iv: The IV, 12 bytes that must not have been used under this key before.
        ///   - output: The array that the message is appended to.
        ///   - appendHeader: A function that appends the protected header in base64url.
        /// - Throws: ``KMError`` `invalidSize` when `iv` is not 12 bytes; `cryptographyUnavailable` when OpenSSL fails;
        ///   and what `appendHeader` throws.
        package mutating func write(
            _ plaintext: Span<UInt8>,
            iv: Span<UInt8>,
            to output: inout [UInt8],
            appendHeader: (inout [UInt8]) throws -> Void
        ) throws {
            let start = output.count
            try appendHeader(&output)
            sealed.removeAll(keepingCapacity: true)
            try sealer.seal(
                plaintext,
                iv: iv,
                associatedData: output.span.extracting(start...),
                appendingTo: &sealed
            )
            output.append(UInt8(ascii: "."))
            output.append(contentsOf: encodedEncryptedKey)
            output.append(UInt8(ascii: "."))
            Base64.url.append(iv, to: &output)
            output.append(UInt8(ascii: "."))
            Base64.url.append(sealed.span.extracting(first: plaintext.count), to: &output)
            output.append(UInt8(ascii: "."))
            Base64.url.append(sealed.span.extracting(last: AESGCM.tagByteCount), to: &output)
        }
    }

    /// Authenticates and decrypts messages under one content encryption key (CEK).
    ///
    /// A reader is not `Sendable`. Use it from one task at a time.
    package struct Reader {
        fileprivate let opener: AESGCM.Opener

        /// Returns the plaintext of a message.
        ///
        /// - Throws: ``KMError`` `authenticationFailed` when the message does not decrypt under this key.
        package func read(_ message: JWECompact) throws -> [UInt8] {
            try opener.open(
                message.ciphertext.span,
                tag: message.tag.span,
                iv: message.iv.span,
                associatedData: message.encodedHeader.span
            )
        }
    }
}
