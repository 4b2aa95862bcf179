public import Foundation
internal import KMJOSE
internal import KMPrimitives

/// Encrypts parameters into bodies and back, at message level, under the keys of a ring.
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

    private let encryptors: [CryptoKeyID: JWEEncryptor]
    private let decryptors: [CryptoKeyID: JWEDecryptor]

    /// Prepares every key of `keyring`.
    public init(
        keyring: CryptoKeyring,
        profile: WireProfile = .documented,
        limits: ParameterLimits = .standard
    ) throws {
        self.keyring = keyring
        self.profile = profile
        self.limits = limits
        let policy = JWEPolicy(maximumByteCount: limits.maximumBodyByteCount)
        var encryptors: [CryptoKeyID: JWEEncryptor] = [:]
        var decryptors: [CryptoKeyID: JWEDecryptor] = [:]
        for key in keyring.keys {
            if let recipient = key.encryptionKey {
                let header = JWEHeader(encryption: profile.encryption, keyID: profile.namesKey ? key.id.text : nil)
                encryptors[key.id] = try JWEEncryptor(to: recipient, header: header)
            }
            if let privateKey = key.decryptionKey {
                decryptors[key.id] = JWEDecryptor(with: privateKey, policy: policy)
            }
        }
        self.encryptors = encryptors
        self.decryptors = decryptors
    }

    /// The body `{"encData":"…"}` of `parameters`, one JSON text, encrypted under the key `id`.
    ///
    /// - Throws: ``KMError`` `malformedJSON`, `limitExceeded`; `keyUnknown`, `keyNotActive`, `keyHalfMissing` or
    ///   `certificateNotValid` (at `date`) of the key; `cryptographyUnavailable`.
    public func encrypt(_ parameters: [UInt8], under id: CryptoKeyID, at date: Date) throws -> [UInt8] {
        let key = try keyring.key(id)
        try key.checkEncrypts(at: date)
        guard let encryptor = encryptors[id] else { throw KMError(.keyUnknown, "no key \(id) is in the ring") }
        try limits.check(parameters)
        try limits.checkJSON(parameters, "the parameters")
        var body: [UInt8] = []
        body.reserveCapacity(
            EncryptedBody.prefix.count + encryptor.encryptedByteCount(parameters.count) + EncryptedBody.suffix.count
        )
        body.append(contentsOf: EncryptedBody.prefix)
        try encryptor.encrypt(parameters.span, appendingTo: &body)
        body.append(contentsOf: EncryptedBody.suffix)
        return body
    }

    /// The parameters of a body, one JSON text, decrypted with the key `id`.
    ///
    /// - Throws: ``KMError`` `limitExceeded`, `malformedJSON`, `malformedBody`, `protectionRequired`; `keyUnknown`,
    ///   `keyNotActive` or `keyHalfMissing` of the key; `malformedJWE`, `malformedHeader`, `algorithmNotAllowed`,
    ///   `keyIDMismatch`; `authenticationFailed`; `cryptographyUnavailable`.
    public func decrypt(_ body: [UInt8], under id: CryptoKeyID) throws -> [UInt8] {
        try limits.check(body)
        let key = try keyring.key(id)
        try key.checkDecrypts()
        guard let decryptor = decryptors[id] else { throw KMError(.keyUnknown, "no key \(id) is in the ring") }
        let message = try EncryptedBody.message(of: body)
        let parameters = try decryptor.decrypt(message.span, keyID: id.text).plaintext
        try limits.checkJSON(parameters, "the decrypted parameters")
        return parameters
    }
}
