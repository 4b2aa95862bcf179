internal import Foundation
package import KMJOSE
internal import KMPrimitives
package import KMWire

/// A key of a keyring, with the work that all its messages share done once.
///
/// A class, so that a look-up copies one reference.
final class PreparedKey: Sendable {
    /// What seals messages under a key.
    ///
    /// A class, as ``Opener`` is, so that a message copies one reference.
    final class Sealer: Sendable {
        /// The key's number in the keyring.
        let number: Int
        let encryptor: JWEEncryptor
        let fieldHeader: FieldHeader
        let cache: DataKeyCache?

        init(number: Int, encryptor: JWEEncryptor, fieldHeader: FieldHeader, cache: DataKeyCache?) {
            self.number = number
            self.encryptor = encryptor
            self.fieldHeader = fieldHeader
            self.cache = cache
        }

        /// Generates a content encryption key (CEK).
        func newContentKey() throws -> JWEContentKey {
            try JWEContentKey(generating: encryptor.header.encryption, for: encryptor.recipient)
        }
    }

    /// What opens messages under a key.
    final class Opener: Sendable {
        let id: CryptoKeyID
        /// The key's number in the keyring.
        let number: Int
        let policy: JWEPolicy
        /// The private key, if it is in memory.
        let localKey: RSAPrivateKey?
        let isLocal: Bool
        /// The private key, wherever it is.
        let unwrapper: any ContentKeyUnwrapper
        /// The headers that senders usually write, which need not be parsed.
        let usualHeaders: [UsualHeader]
        let usualFieldHeaders: [FieldHeader]
        let cache: DataKeyCache?

        init(
            _ id: CryptoKeyID,
            _ number: Int,
            _ policy: JWEPolicy,
            _ unwrapper: any ContentKeyUnwrapper,
            cache: DataKeyCache? = nil
        ) {
            self.cache = cache
            self.id = id
            self.number = number
            self.policy = policy
            self.unwrapper = unwrapper
            localKey = unwrapper as? RSAPrivateKey
            isLocal = localKey != nil
            // The most usual one first.
            let encryptions = [ContentEncryptionAlgorithm.a256GCM, .a128GCM].filter {
                policy.keyManagementAlgorithms.contains(.rsaOAEP256)
                    && policy.contentEncryptionAlgorithms.contains($0)
            }
            usualHeaders = encryptions.flatMap { encryption in
                [id.text, nil].map { UsualHeader(encryption, keyID: $0) }
            }
            usualFieldHeaders = encryptions.map { FieldHeader(encryption: $0, keyID: id) }
        }
    }

    /// A header that senders usually write.
    final class UsualHeader: Sendable {
        let encryption: ContentEncryptionAlgorithm
        /// The header in base64url.
        let text: [UInt8]

        init(_ encryption: ContentEncryptionAlgorithm, keyID: String?) {
            self.encryption = encryption
            let header = JWEHeader(encryption: encryption, keyID: keyID)
            var text: [UInt8] = []
            Base64.url.append(header.json.span, to: &text)
            self.text = text
        }
    }

    let id: CryptoKeyID
    private let key: CryptoKey
    private let number: Int
    private let profile: WireProfile
    private let policy: JWEPolicy
    private let cache: DataKeyCache?
    /// Whether the key may encrypt at any time, so that no check is needed.
    private let alwaysEncrypts: Bool
    private let mayDecrypt: Bool
    private let preparedSealer: Sealer?
    private let preparedOpener: Opener?

    /// Prepares a key.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    init(_ key: CryptoKey, number: Int, _ profile: WireProfile, _ policy: JWEPolicy, cache: DataKeyCache?) throws {
        id = key.id
        self.key = key
        self.number = number
        self.profile = profile
        self.policy = policy
        self.cache = cache
        alwaysEncrypts = key.state == .active && key.encryptionKeyValidity == nil
        mayDecrypt = key.state != .discarded
        preparedSealer = try key.encryptionKey.map { recipient in
            let header = JWEHeader(encryption: profile.encryption, keyID: profile.namesKey ? key.id.text : nil)
            return Sealer(
                number: number,
                encryptor: try JWEEncryptor(to: recipient, header: header),
                fieldHeader: FieldHeader(encryption: profile.encryption, keyID: key.id),
                cache: cache
            )
        }
        preparedOpener = key.decryptionKey.map { Opener(key.id, number, policy, $0, cache: cache) }
    }

    /// Returns an independent copy, for the messages of some of the threads.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    func copy() throws -> PreparedKey { try PreparedKey(key, number: number, profile, policy, cache: cache) }

    /// The sealer, if the key may encrypt.
    ///
    /// - Parameters:
    ///   - date: The date at which the key's certificate must be valid.
    ///   - answering: Whether the message answers a call under the same key; an inactive key may encrypt answers.
    /// - Returns: The sealer.
    /// - Throws: ``KMError`` `keyNotActive`, `keyHalfMissing`, `certificateNotValid`.
    func sealer(at date: Date, answering: Bool) throws -> Sealer {
        if alwaysEncrypts, let preparedSealer { return preparedSealer }
        try key.checkEncrypts(at: date, answering: answering)
        guard let sealer = preparedSealer else { throw key.cannotEncrypt }
        return sealer
    }

    /// The opener, if the key may decrypt.
    ///
    /// - Throws: ``KMError`` `keyNotActive`, `keyHalfMissing`.
    func opener() throws -> Opener {
        if mayDecrypt, let preparedOpener { return preparedOpener }
        try key.checkDecrypts()
        guard let opener = preparedOpener else { throw key.cannotDecrypt }
        return opener
    }
}

extension PreparedKey.Opener {
    /// The content encryption algorithm of a message, if its header is one that senders usually write with RSA-OAEP-256.
    ///
    /// Such a header need not be parsed.
    func usualEncryption(of parts: JWECompact) -> ContentEncryptionAlgorithm? {
        for usual in usualHeaders {
            let text = usual.text
            if text.span.isEqual(to: parts.text.span.extracting(parts.places.header)) { return usual.encryption }
        }
        return nil
    }

    /// The content encryption key (CEK) of a message, decrypted in memory; a random key if it does not decrypt.
    ///
    /// - Throws: ``KMError`` `privateKeyElsewhere`, `cryptographyUnavailable`.
    func localContentKey(
        of parts: JWECompact,
        _ algorithm: KeyManagementAlgorithm,
        _ encryption: ContentEncryptionAlgorithm
    ) throws -> JWEContentKey {
        guard let localKey else {
            throw KMError(
                .privateKeyElsewhere,
                "the private key of \(id) is not in memory; open the message with a ClientSecurity or a ServerSecurity"
            )
        }
        return try JWEContentKey(unwrapping: parts, algorithm, encryption, with: localKey)
    }

    /// The content encryption key (CEK) of a message, decrypted wherever the private key is; a random key if it does
    /// not decrypt to the right size.
    ///
    /// An encrypted key of a size that no accepted RSA key has does not reach the unwrapper.
    ///
    /// - Throws: The unwrapper's error, within a ``DeviceFailure`` if it is a ``KMError``; `cryptographyUnavailable`.
    nonisolated(nonsending) func contentKey(
        of parts: JWECompact,
        _ algorithm: KeyManagementAlgorithm,
        _ encryption: ContentEncryptionAlgorithm
    ) async throws -> JWEContentKey {
        let byteCount = encryption.keyByteCount
        let encryptedKey = parts.encryptedKey
        let wrapped = WrappedContentKey(encryptedKey, algorithm: algorithm, byteCount: byteCount)
        let substitute = try SecretBytes(randomCount: byteCount)
        var key = substitute
        if Self.modulusByteCounts.contains(encryptedKey.count) {
            key = try await DeviceFailure.wrapping { try await unwrapper.unwrap(wrapped) } ?? substitute
        }
        return try JWEContentKey(
            unwrapped: key.count == byteCount ? key : substitute,
            encryption
        )
    }
}

extension PreparedKey.Opener {
    /// The sizes of the moduli of accepted keys, which are those of encrypted keys.
    private static let modulusByteCounts = RSAPublicKey.bitCounts.lowerBound / 8...RSAPublicKey.bitCounts.upperBound / 8
}

extension ContentKeyUnwrapper {
    /// Decrypts a compact serialization, for tools that have a private key and no keyring.
    ///
    /// - Parameters:
    ///   - message: The compact serialization, without white space.
    ///   - keyID: The id that a `kid` must equal; nil accepts any.
    ///   - policy: The algorithms and sizes that are accepted.
    /// - Returns: The content.
    /// - Throws: As ``JWEDecryptor/decrypt(_:keyID:)-(Span<UInt8>,_)``; the errors of ``unwrap(_:)``.
    nonisolated(nonsending) package func decrypt(
        _ message: [UInt8],
        keyID: CryptoKeyID?,
        policy: JWEPolicy
    ) async throws -> [UInt8] {
        let (parts, header) = try policy.parse(message.span, keyID: keyID?.text)
        let id = try keyID ?? CryptoKeyID(String(repeating: "0", count: 32))
        let opener = PreparedKey.Opener(id, 0, policy, self)
        return try await DeviceFailure.unpacking {
            try await opener.contentKey(of: parts, header.algorithm, header.encryption).open(parts)
        }
    }
}

extension KMError.Code {
    /// The private key is in an HSM or a key service, and the operation needs one in memory.
    public static let privateKeyElsewhere = Self("privateKeyElsewhere")
}
