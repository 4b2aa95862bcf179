public import Foundation
internal import KMJOSE
internal import KMPrimitives

/// Encrypts parameters into bodies and decrypts them, under the keys of a keyring.
///
/// ``ClientSecurity`` and ``ServerSecurity`` do this for you. Use a cipher by itself for stored bodies and in tools.
/// Create it once for a keyring and keep it, because creating it prepares every key. Several tasks can use it at the
/// same time.
public struct ParameterCipher: Sendable {
    /// The keys.
    public let keyring: CryptoKeyring
    /// The form of the bodies that the cipher makes; it reads both forms.
    public let profile: WireProfile
    /// The sizes that the cipher accepts.
    public let limits: ParameterLimits

    private let keys: [CryptoKeyID: PreparedKey]
    private let copies = Sharded { Copies() }
    var contentKeys: ContentKeySource

    /// Creates a cipher and prepares every key of the keyring.
    ///
    /// - Parameters:
    ///   - keyring: The keys.
    ///   - profile: The form of the bodies that the cipher makes.
    ///   - limits: The sizes that the cipher accepts.
    ///   - dataKeyCaching: The bounds of a data-key cache; nil for a new content encryption key with every message.
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    public init(
        keyring: CryptoKeyring,
        profile: WireProfile = .documented,
        limits: ParameterLimits = .standard,
        dataKeyCaching: DataKeyCaching? = nil
    ) throws {
        self.keyring = keyring
        self.profile = profile
        self.limits = limits
        let cache = dataKeyCaching.map { DataKeyCache($0) }
        contentKeys = cache.map { .cache($0) } ?? .fresh
        let policy = JWEPolicy(maximumByteCount: limits.maximumBodyByteCount)
        keys = try Dictionary(
            uniqueKeysWithValues: keyring.keys.enumerated().map { number, key in
                (key.id, try PreparedKey(key, number: number, profile, policy, cache: cache))
            }
        )
    }

    /// Returns this cipher with another keyring and an empty cache.
    func with(keyring: CryptoKeyring) throws -> ParameterCipher {
        try ParameterCipher(keyring: keyring, profile: profile, limits: limits, dataKeyCaching: cache?.bounds)
    }

    /// Encrypts parameters into a body.
    ///
    /// - Parameters:
    ///   - parameters: One JSON text.
    ///   - protection: The protection of the body; with ``Protection/none`` the body is the parameters.
    ///   - id: The id of the key.
    ///   - date: The date at which the key's certificate must be valid.
    ///   - correlationID: At field level, the correlation id that the fields are bound to. They open in this message
    ///     only.
    /// - Returns: The bytes of the body.
    /// - Throws: ``KMError`` `malformedJSON`; `limitExceeded` if a receiver with the same ``limits`` would reject the
    ///   body; `keyUnknown`, `keyNotActive`, `keyHalfMissing` or `certificateNotValid` for the key; at field level
    ///   `fieldMissing`, and `pathUnsupported` for a member name that no path can express; `cryptographyUnavailable`.
    public func seal(
        _ parameters: [UInt8],
        _ protection: Protection,
        under id: CryptoKeyID,
        at date: Date,
        correlationID: CorrelationID? = nil
    ) throws -> [UInt8] {
        try seal(parameters, protection, under: id, at: date, correlationID: correlationID, answering: false)
    }

    /// Encrypts parameters into a body; `answering` says whether the body answers a call under the same key.
    ///
    /// An inactive key may encrypt such an answer.
    package func seal(
        _ parameters: [UInt8],
        _ protection: Protection,
        under id: CryptoKeyID,
        at date: Date,
        correlationID: CorrelationID?,
        answering: Bool
    ) throws -> [UInt8] {
        guard protection != .none else { return parameters }
        let sealer = try key(id).sealer(at: date, answering: answering)
        guard case .fields(let selection) = protection else { return try encrypt(parameters, with: sealer) }
        return try encrypt(parameters, fields: selection, with: sealer, correlationID)
    }

    /// Decrypts a body with a private key in memory.
    ///
    /// - Parameters:
    ///   - body: The bytes as received.
    ///   - protection: The protection that the body must have; with ``Protection/none`` the parameters are the body.
    ///   - id: The id of the key.
    ///   - correlationID: At field level, the correlation id that the fields must be bound to; nil accepts any.
    /// - Returns: The parameters, one JSON text, byte for byte as they were sealed.
    /// - Throws: ``KMError`` `limitExceeded`, `malformedJSON`, `malformedBody`, `protectionRequired`; `keyUnknown`,
    ///   `keyNotActive`, `keyHalfMissing` or `privateKeyElsewhere` for the key; `malformedJWE`, `malformedHeader`,
    ///   `algorithmNotAllowed`, `keyIDMismatch`; at field level `fieldMissing`, `fieldMismatch`;
    ///   `authenticationFailed`; `cryptographyUnavailable`. No part of a rejected body is returned.
    public func open(
        _ body: [UInt8],
        _ protection: Protection,
        under id: CryptoKeyID,
        correlationID: CorrelationID? = nil
    ) throws -> [UInt8] {
        try limits.check(body)
        return try openLocally(examine(body, Endpoint.Rule(protection), id, correlationID: correlationID))
    }

    /// Returns the prepared key of an id.
    ///
    /// - Throws: ``KMError`` `keyUnknown`.
    func key(_ id: CryptoKeyID) throws -> PreparedKey {
        try copies.withOwn { own in
            // To compare is faster than to hash.
            if let last = own.last, last.id == id { return last }
            guard let key = try own.keys[id] ?? keys[id]?.copy() else { throw CryptoKeyring.unknown(id) }
            own.keys[id] = key
            own.last = key
            return key
        }
    }

    /// The copies of the keys that some threads have used.
    ///
    /// If all threads counted references to the same objects, they would slow each other down.
    private struct Copies {
        var keys: [CryptoKeyID: PreparedKey] = [:]
        var last: PreparedKey?
    }

    /// Returns a content encryption key (CEK) for `ivCount` messages of `byteCount` bytes in all.
    ///
    /// - Returns: The CEK, and the given IVs, one after the other; nil if the IVs are random.
    func contentKey(
        _ sealer: PreparedKey.Sealer,
        ivCount: Int,
        byteCount: Int
    ) throws -> (key: JWEContentKey, givenIVs: [UInt8]?) {
        if case .insecureGiven(let given) = contentKeys {
            return try given.contentKey(sealer.encryptor.header.encryption, ivCount: ivCount)
        }
        let key = try sealer.cache?.sendingKey(sealer.number, messageCount: ivCount, byteCount: byteCount) {
            try sealer.newContentKey()
        }
        return (try key ?? sealer.newContentKey(), nil)
    }

    /// The messages that one content encryption key (CEK) decrypts, and where the key comes from.
    package struct KeyUse {
        let opener: PreparedKey.Opener
        /// A message; if several share the key, any of them.
        let parts: JWECompact
        let algorithm: KeyManagementAlgorithm
        let encryption: ContentEncryptionAlgorithm
        let messageCount: Int
        let byteCount: Int

        /// - Parameters:
        ///   - opener: What opens the messages.
        ///   - parts: A message; if several share the key, any of them.
        ///   - algorithm: The algorithm that encrypts the key.
        ///   - encryption: The content encryption algorithm.
        ///   - messageCount: The number of messages.
        ///   - byteCount: Their bytes; nil for those of the one message.
        init(
            opener: PreparedKey.Opener,
            parts: JWECompact,
            algorithm: KeyManagementAlgorithm,
            encryption: ContentEncryptionAlgorithm,
            messageCount: Int = 1,
            byteCount: Int? = nil
        ) {
            self.opener = opener
            self.parts = parts
            self.algorithm = algorithm
            self.encryption = encryption
            self.messageCount = messageCount
            self.byteCount = byteCount ?? parts.plaintextByteCount
        }
    }

    /// Calls `open` with the content encryption key, which comes from the cache or from a private key in memory.
    ///
    /// - Parameters:
    ///   - use: The messages.
    ///   - open: Decrypts them. It throws unless every tag verifies.
    /// - Returns: What `open` returns.
    /// - Throws: What `open` throws; ``KMError`` `privateKeyElsewhere`, `cryptographyUnavailable`.
    func withLocalContentKey<Result>(_ use: KeyUse, _ open: (JWEContentKey) throws -> Result) throws -> Result {
        if let key = cachedKey(use) { return try open(key) }
        let key = try use.opener.localContentKey(
            of: use.parts,
            use.algorithm,
            use.encryption
        )
        let result = try open(key)
        remember(key, use)
        return result
    }

    /// Calls `open` with the content encryption key, which comes from the cache or from the private key, wherever it
    /// is.
    ///
    /// It suspends only if the private key is not in memory.
    nonisolated(nonsending) func withContentKey<Result>(
        _ use: KeyUse,
        _ open: (JWEContentKey) throws -> Result
    ) async throws -> Result {
        guard !use.opener.isLocal else { return try withLocalContentKey(use, open) }
        if let key = cachedKey(use) { return try open(key) }
        let key = try await use.opener.contentKey(
            of: use.parts,
            use.algorithm,
            use.encryption
        )
        let result = try open(key)
        remember(key, use)
        return result
    }

    private func cachedKey(_ use: KeyUse) -> JWEContentKey? {
        use.opener.cache?.receivedKey(identity(use), messageCount: use.messageCount, byteCount: use.byteCount)
    }

    /// Adds a key to the cache; call it only after every tag was verified.
    private func remember(_ key: JWEContentKey, _ use: KeyUse) {
        use.opener.cache?.remember(identity(use), key, messageCount: use.messageCount, byteCount: use.byteCount)
    }

    private func identity(_ use: KeyUse) -> DataKeyCache.Identity {
        DataKeyCache.Identity(keyNumber: use.opener.number, encryption: use.encryption, message: use.parts)
    }
}
