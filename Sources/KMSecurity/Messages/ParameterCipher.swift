public import Foundation
internal import KMJOSE
internal import KMPrimitives

/// Encrypts parameters into bodies and back, under the keys of a ring.
///
/// Each key's share of the work is done once, when the cipher is made; keep it as long as the ring. It may be used from
/// several tasks at once.
public struct ParameterCipher: Sendable {
    /// The keys.
    public let keyring: CryptoKeyring
    /// How bodies are written.
    public let profile: WireProfile
    /// What is taken.
    public let limits: ParameterLimits

    private let keys: [CryptoKeyID: PreparedKey]
    var contentKeys: ContentKeySource

    /// Prepares every key of `keyring`.
    ///
    /// - Parameters:
    ///   - keyring: the keys.
    ///   - profile: how bodies are written.
    ///   - limits: what is taken.
    ///   - dataKeyCaching: how long content keys serve; nil for a fresh one with every message.
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
        contentKeys = dataKeyCaching.map { .cache(DataKeyCache($0)) } ?? .fresh
        let policy = JWEPolicy(maximumByteCount: limits.maximumBodyByteCount)
        keys = try Dictionary(
            uniqueKeysWithValues: keyring.keys.map { ($0.id, try PreparedKey($0, profile, policy)) }
        )
    }

    /// This cipher with another ring; its cache starts empty.
    func with(keyring: CryptoKeyring) throws -> ParameterCipher {
        try ParameterCipher(keyring: keyring, profile: profile, limits: limits, dataKeyCaching: cache?.bounds)
    }

    /// The body of `parameters`, one JSON text, protected under the key `id`.
    ///
    /// - Parameters:
    ///   - parameters: one JSON text.
    ///   - protection: what is done; at ``Protection/none`` the body is the parameters.
    ///   - id: the key's name.
    ///   - date: when, for the validity of the key's certificate.
    ///   - correlationID: what fields are bound to, at field level, so that they open in this message alone.
    /// - Returns: the body's bytes.
    /// - Throws: ``KMError`` `malformedJSON`; `limitExceeded`, also where ``limits`` would not take the body;
    ///   `keyUnknown`, `keyNotActive`, `keyHalfMissing` or `certificateNotValid` of the key; at field level `fieldMissing`, or `pathUnsupported` for a member name that no
    ///   path can name; `cryptographyUnavailable`.
    public func seal(
        _ parameters: [UInt8],
        _ protection: Protection,
        under id: CryptoKeyID,
        at date: Date,
        correlationID: CorrelationID? = nil
    ) throws -> [UInt8] {
        try seal(parameters, protection, under: id, at: date, correlationID: correlationID, answering: false)
    }

    /// The body of `parameters`; see ``seal(_:_:under:at:correlationID:)``.
    ///
    /// With `answering`, the message answers a call under the same key, and an inactive key may encrypt it.
    func seal(
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

    /// The parameters of a body, one JSON text, decrypted with the key `id`.
    ///
    /// - Parameters:
    ///   - body: the bytes as received.
    ///   - protection: what is due; at ``Protection/none`` the parameters are the body.
    ///   - id: the key's name.
    ///   - correlationID: what fields must be bound to, at field level; nil for whatever they are bound to.
    /// - Returns: the parameters, byte for byte as they were sealed.
    /// - Throws: ``KMError`` `limitExceeded`, `malformedJSON`, `malformedBody`, `protectionRequired`; `keyUnknown`,
    ///   `keyNotActive` or `keyHalfMissing` of the key; `malformedJWE`, `malformedHeader`, `algorithmNotAllowed`,
    ///   `keyIDMismatch`; at field level `fieldMissing`, `fieldMismatch`; `authenticationFailed`;
    ///   `cryptographyUnavailable`. Nothing of a body that is refused comes out.
    public func open(
        _ body: [UInt8],
        _ protection: Protection,
        under id: CryptoKeyID,
        correlationID: CorrelationID? = nil
    ) throws -> [UInt8] {
        switch protection {
        case .none: body
        case .message: try decrypt(body, under: id)
        case .fields(let selection): try decrypt(body, fields: selection, under: id, correlationID: correlationID)
        }
    }

    /// The prepared key of an id.
    ///
    /// - Throws: ``KMError`` `keyUnknown`.
    func key(_ id: CryptoKeyID) throws -> PreparedKey {
        guard let key = keys[id] else { throw CryptoKeyring.unknown(id) }
        return key
    }

    /// A content key for `ivCount` messages of `byteCount` bytes in all, with their initialization vectors.
    func contentKey(
        _ sealer: PreparedKey.Sealer,
        ivCount: Int,
        byteCount: Int
    ) throws -> (key: JWEContentKey, ivs: [UInt8]) {
        let recipient = sealer.encryptor.recipient
        let encryption = sealer.encryptor.header.encryption
        switch contentKeys {
        case .fresh: return try JWEContentKey.generate(encryption, for: recipient, ivCount: ivCount)
        case .cache(let cache):
            let key = try cache.sendingKey(sealer.id, messageCount: ivCount, byteCount: byteCount) {
                try JWEContentKey.generate(encryption, for: recipient, ivCount: 0).key
            }
            return (key, try SecureRandom.bytes(ivCount * AESGCM.ivByteCount))
        case .insecureGiven(let given): return try given.contentKey(encryption, ivCount: ivCount)
        }
    }

    /// Calls `open` with the content key of `parts`, from the cache where it is known.
    ///
    /// - Parameters:
    ///   - opener: The opener of the key.
    ///   - parts: a message; where several share a content key, any of them.
    ///   - header: its header.
    ///   - messageCount: how many messages are opened.
    ///   - byteCount: how many bytes they have together.
    ///   - open: opens them; it throws unless every tag is right.
    /// - Returns: what `open` returns.
    /// - Throws: what `open` throws; `cryptographyUnavailable`.
    func withContentKey<Result>(
        _ opener: PreparedKey.Opener,
        of parts: JWECompact,
        _ header: JWEHeader,
        messageCount: Int,
        byteCount: Int,
        _ open: (JWEContentKey) throws -> Result
    ) throws -> Result {
        guard let cache else { return try open(opener.decryptor.contentKey(of: parts, header)) }
        let wrapped = DataKeyCache.Wrapped(
            id: opener.id,
            encryption: header.encryption,
            encryptedKey: parts.encryptedKey
        )
        if let key = cache.receivedKey(wrapped, messageCount: messageCount, byteCount: byteCount) {
            return try open(key)
        }
        let key = try opener.decryptor.contentKey(of: parts, header)
        let result = try open(key)
        cache.remember(wrapped, key, messageCount: messageCount, byteCount: byteCount)
        return result
    }
}
