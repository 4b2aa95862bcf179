public import Foundation
public import KMPrimitives

/// The keys that X-KM-Crypto-Key-Id names: the peer's public key, which encrypts, and your private key, which decrypts.
///
/// They belong to two different key pairs. A client has the platform's certificate and its own client key. A server has
/// the certificate of the client's key and its own private key. If you only send or only receive, one of the two is
/// enough.
public struct CryptoKey: Sendable {
    /// The state of a key on the platform, which says what the key may be used for (NIST SP 800-57 part 1 section 7).
    public enum State: String, Sendable, CaseIterable {
        /// The key encrypts and decrypts.
        case active
        /// The key decrypts messages that are still in transit and encrypts the answers to them.
        ///
        /// It can become active again.
        case inactive
        /// The key does nothing, and this is final.
        ///
        /// Its public and private key are erased, and its id stays reserved.
        case discarded
    }

    /// The id.
    public let id: CryptoKeyID
    /// The state.
    public let state: State
    /// The time at which the platform issued the key; nil if it is not known.
    ///
    /// Only callbacks need it: they use the active key that was issued first.
    public let issuedAt: Date?
    /// The peer's public key.
    let encryptionKey: RSAPublicKey?
    /// The validity of the certificate that carried the peer's public key.
    package let encryptionKeyValidity: ClosedRange<Date>?
    /// The private key, in memory or elsewhere.
    package let decryptionKey: (any ContentKeyUnwrapper)?

    /// Creates a crypto key from a public key, a private key, or both.
    ///
    /// - Parameters:
    ///   - id: The id.
    ///   - encryptionKey: The peer's public key.
    ///   - decryptionKey: Your private key: an ``RSAPrivateKey``, or an unwrapper for a key elsewhere.
    ///   - state: The state.
    ///   - issuedAt: The time at which the platform issued the key. Callbacks need it if there are several active keys.
    /// - Throws: ``KMError`` `keyHalfMissing` if there is neither key. For a discarded key use
    ///   ``init(discarded:issuedAt:)``.
    public init(
        id: CryptoKeyID,
        encryptionKey: RSAPublicKey? = nil,
        decryptionKey: (any ContentKeyUnwrapper)? = nil,
        state: State = .active,
        issuedAt: Date? = nil
    ) throws {
        guard encryptionKey != nil || decryptionKey != nil else {
            throw KMError(
                .keyHalfMissing,
                "a crypto key needs a public key, a private key, or both; for a discarded one use init(discarded:)"
            )
        }
        self.init(id, state, issuedAt, encryptionKey, nil, decryptionKey)
    }

    /// Creates a crypto key from the peer's certificate and your private key.
    ///
    /// The key encrypts only while the certificate is valid.
    ///
    /// - Parameters:
    ///   - id: The id.
    ///   - certificate: The peer's certificate.
    ///   - decryptionKey: Your private key: an ``RSAPrivateKey``, or an unwrapper for a key elsewhere.
    ///   - state: The state.
    ///   - issuedAt: The time at which the platform issued the key. Callbacks need it if there are several active keys.
    public init(
        id: CryptoKeyID,
        certificate: Certificate,
        decryptionKey: (any ContentKeyUnwrapper)? = nil,
        state: State = .active,
        issuedAt: Date? = nil
    ) {
        self.init(id, state, issuedAt, certificate.unverifiedPublicKey, certificate.validity, decryptionKey)
    }

    /// Creates a discarded key, whose public and private key no longer exist.
    ///
    /// Put it into the keyring when a process starts. The id then stays reserved, and a peer that still uses the key is
    /// rejected with `keyNotActive`, which says more than `keyUnknown`.
    public init(discarded id: CryptoKeyID, issuedAt: Date? = nil) {
        self.init(id, .discarded, issuedAt, nil, nil, nil)
    }

    private init(
        _ id: CryptoKeyID,
        _ state: State,
        _ issuedAt: Date?,
        _ encryptionKey: RSAPublicKey?,
        _ validity: ClosedRange<Date>?,
        _ decryptionKey: (any ContentKeyUnwrapper)?
    ) {
        self.id = id
        self.state = state
        self.issuedAt = issuedAt
        self.encryptionKey = state == .discarded ? nil : encryptionKey
        self.encryptionKeyValidity = validity
        self.decryptionKey = state == .discarded ? nil : decryptionKey
    }

    /// Returns this key in another state.
    func with(state: State) -> CryptoKey {
        CryptoKey(id, state, issuedAt, encryptionKey, encryptionKeyValidity, decryptionKey)
    }

    /// Checks that the key may encrypt at `date`.
    ///
    /// An inactive key may encrypt only if the message is `answering` a call under the same key.
    func checkEncrypts(at date: Date, answering: Bool) throws {
        guard state == .active || (answering && state == .inactive) else {
            throw KMError(.keyNotActive, "key \(id) is \(state.rawValue), and must be active to encrypt")
        }
        guard encryptionKey != nil else { throw cannotEncrypt }
        if let validity = encryptionKeyValidity, !validity.contains(date) {
            let edge = date < validity.lowerBound ? "begins \(validity.lowerBound)" : "ended \(validity.upperBound)"
            throw KMError(.certificateNotValid, "the validity of the certificate of key \(id) \(edge)")
        }
    }

    /// Checks that the key may decrypt.
    package func checkDecrypts() throws {
        guard state != .discarded else { throw KMError(.keyNotActive, "key \(id) is \(state.rawValue)") }
        guard decryptionKey != nil else { throw cannotDecrypt }
    }

    /// The error of a key without the peer's public key.
    var cannotEncrypt: KMError {
        KMError(
            .keyHalfMissing,
            "key \(id) has no public key of the peer, which encryption needs; add the peer's certificate"
        )
    }

    /// The error of a key without a private key.
    var cannotDecrypt: KMError {
        KMError(.keyHalfMissing, "key \(id) has no private key, which decryption needs; add it")
    }
}

extension KMError.Code {
    /// The keyring has no key with this id, or no primary key to encrypt with.
    public static let keyUnknown = Self("keyUnknown")
    /// The key's state does not allow the operation.
    public static let keyNotActive = Self("keyNotActive")
    /// The operation needs a public or a private key that the crypto key does not have.
    public static let keyHalfMissing = Self("keyHalfMissing")
    /// A keyring would have a duplicate id, or a primary key that cannot encrypt.
    public static let keyringInvalid = Self("keyringInvalid")
}
