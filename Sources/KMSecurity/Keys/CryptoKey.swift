public import Foundation
public import KMPrimitives

/// What X-KM-Crypto-Key-Id names: the counterpart's public key, to encrypt to, and the caller's own private key, to
/// decrypt with.
///
/// They are halves of two different pairs: on a client the platform's certificate and the client key, on a server the
/// client's public key and the server's private key. A party that only sends or only receives has one half.
public struct CryptoKey: Sendable {
    /// What a key may be used for (the platform's key states; NIST SP 800-57 part 1 section 7).
    public enum State: String, Sendable, CaseIterable {
        /// Encrypts and decrypts.
        case active
        /// Decrypts what is still under way, and encrypts the answers to it, nothing else; may become active again.
        case inactive
        /// Does nothing any more, for good. Its halves are let go of; its id stays taken.
        case discarded
    }

    /// The key's name.
    public let id: CryptoKeyID
    /// What it may be used for.
    public let state: State
    /// When the platform issued it.
    public let issuedAt: Date
    /// The counterpart's key.
    ///
    /// Where it came in a certificate, ``encryptionKey(at:)`` checks the validity.
    let encryptionKey: RSAPublicKey?
    /// When the certificate that carried the counterpart's key may be used.
    let encryptionKeyValidity: ClosedRange<Date>?
    /// The caller's own key.
    let decryptionKey: RSAPrivateKey?

    /// A key of bare halves, at least one.
    ///
    /// - Throws: ``KMError`` `keyHalfMissing` without either, in any state: see ``init(discarded:issuedAt:)``.
    public init(
        id: CryptoKeyID,
        encryptionKey: RSAPublicKey? = nil,
        decryptionKey: RSAPrivateKey? = nil,
        state: State = .active,
        issuedAt: Date
    ) throws {
        guard encryptionKey != nil || decryptionKey != nil else {
            throw KMError(.keyHalfMissing, "a crypto key has a public half, a private half, or both")
        }
        self.init(id, state, issuedAt, encryptionKey, nil, decryptionKey)
    }

    /// A key whose public half came in a certificate; nothing is encrypted to it outside the certificate's validity.
    public init(
        id: CryptoKeyID,
        certificate: Certificate,
        decryptionKey: RSAPrivateKey? = nil,
        state: State = .active,
        issuedAt: Date
    ) {
        self.init(id, state, issuedAt, certificate.unverifiedPublicKey, certificate.validity, decryptionKey)
    }

    /// A key that was discarded, without its halves, whose files are gone.
    ///
    /// For a ring that is made anew, as when a process starts: the id stays taken, and who still uses the key is refused
    /// with `keyNotActive`, which tells more than `keyUnknown`.
    public init(discarded id: CryptoKeyID, issuedAt: Date) {
        self.init(id, .discarded, issuedAt, nil, nil, nil)
    }

    private init(
        _ id: CryptoKeyID,
        _ state: State,
        _ issuedAt: Date,
        _ encryptionKey: RSAPublicKey?,
        _ validity: ClosedRange<Date>?,
        _ decryptionKey: RSAPrivateKey?
    ) {
        self.id = id
        self.state = state
        self.issuedAt = issuedAt
        self.encryptionKey = state == .discarded ? nil : encryptionKey
        self.encryptionKeyValidity = validity
        self.decryptionKey = state == .discarded ? nil : decryptionKey
    }

    /// This key in another state.
    func with(state: State) -> CryptoKey {
        CryptoKey(id, state, issuedAt, encryptionKey, encryptionKeyValidity, decryptionKey)
    }

    /// Checks that the key may encrypt at `date`; `answering` a call that was under it, an inactive key may too.
    func checkEncrypts(at date: Date, answering: Bool) throws {
        guard state == .active || (answering && state == .inactive) else {
            throw KMError(.keyNotActive, "key \(id) is \(state.rawValue)")
        }
        guard encryptionKey != nil else { throw cannotEncrypt }
        if let validity = encryptionKeyValidity, !validity.contains(date) {
            let edge = date < validity.lowerBound ? "begins \(validity.lowerBound)" : "ended \(validity.upperBound)"
            throw KMError(.certificateNotValid, "the validity of the certificate of key \(id) \(edge)")
        }
    }

    /// Checks that the key may decrypt.
    func checkDecrypts() throws {
        guard state != .discarded else { throw KMError(.keyNotActive, "key \(id) is \(state.rawValue)") }
        guard decryptionKey != nil else { throw cannotDecrypt }
    }

    /// The error of a key without the peer's public key.
    var cannotEncrypt: KMError {
        KMError(.keyHalfMissing, "key \(id) has no peer's public key, which encryption needs; add its certificate")
    }

    /// The error of a key without a private key.
    var cannotDecrypt: KMError {
        KMError(.keyHalfMissing, "key \(id) has no private key, which decryption needs; add it")
    }
}

extension KMError.Code {
    /// No key of that id is in the ring.
    public static let keyUnknown = Self("keyUnknown")
    /// The key's state forbids what is asked of it.
    public static let keyNotActive = Self("keyNotActive")
    /// The key lacks the half that is asked for.
    public static let keyHalfMissing = Self("keyHalfMissing")
    /// A change that a key ring does not take: an id twice, or a primary key that could not encrypt.
    public static let keyringInvalid = Self("keyringInvalid")
}
