package import KMPrimitives

/// A content encryption key with its encrypted form: one RSA operation that can serve several JWEs to one recipient, each
/// under an IV of its own (RFC 7516 section 2, Content Encryption Key).
package struct JWEContentKey: Sendable {
    /// What it encrypts with.
    package let encryption: ContentEncryptionAlgorithm
    let cipher: AESGCM
    /// The encrypted key in base64url, as it stands in every message.
    package let encodedEncryptedKey: [UInt8]

    /// A fresh key for `recipient`, and fresh initialization vectors to use it with.
    ///
    /// All come from one call of the random generator, which costs as much as encrypting a kilobyte.
    ///
    /// - Returns: the key, and `ivCount` vectors of 12 bytes, one after the other.
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
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

    /// A key with an encrypted form that goes with it, both given: for test vectors alone.
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

    /// The key of a received message.
    ///
    /// It never fails for what the message holds: where its encrypted key does not decrypt, this is a random key, and
    /// the message's tag will tell (RFC 7516 section 11.5).
    init(unwrapping message: JWECompact, header: JWEHeader, with privateKey: RSAPrivateKey) throws {
        encryption = header.encryption
        let key = try privateKey.unwrapKey(
            message.encryptedKey.span,
            byteCount: header.encryption.keyByteCount,
            hash: header.algorithm.hash
        )
        cipher = try AESGCM(key: key)
        encodedEncryptedKey = []
    }

    /// A writer of messages under this key, one after the other.
    package func writer() throws -> Writer {
        Writer(sealer: try cipher.sealer(), encodedEncryptedKey: encodedEncryptedKey)
    }

    /// A reader of messages under this key, one after the other.
    package func reader() throws -> Reader { Reader(opener: try cipher.opener()) }

    /// Writes messages under one content key.
    ///
    /// Not `Sendable`: it serves one task at a time.
    package struct Writer {
        fileprivate let sealer: AESGCM.Sealer
        fileprivate let encodedEncryptedKey: [UInt8]
        /// Ciphertext and tag of the message at hand, in memory that serves all of them.
        private var sealed: [UInt8] = []

        fileprivate init(sealer: AESGCM.Sealer, encodedEncryptedKey: [UInt8]) {
            self.sealer = sealer
            self.encodedEncryptedKey = encodedEncryptedKey
        }

        /// Appends the compact serialization of `plaintext`.
        ///
        /// - Parameters:
        ///   - plaintext: the content.
        ///   - iv: 12 bytes, which must not have served under this key before.
        ///   - output: what is appended to.
        ///   - appendHeader: appends the protected header in base64url.
        /// - Throws: ``KMError`` `cryptographyUnavailable`, and what `appendHeader` throws.
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

    /// Reads messages under one content key.
    ///
    /// Not `Sendable`: it serves one task at a time.
    package struct Reader {
        fileprivate let opener: AESGCM.Opener

        /// The plaintext of a message.
        ///
        /// - Throws: ``KMError`` `authenticationFailed`.
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
