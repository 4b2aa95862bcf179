#if PKCS11
internal import CKMPKCS11
public import KMPrimitives
public import KMSecurity
internal import Logging
internal import Synchronization

/// An RSA private key in a token, which decrypts content encryption keys there.
///
/// Pass it as the `decryptionKey` of a ``CryptoKey``. The token does RSA-OAEP if it can. Many tokens cannot do it with
/// SHA-256. Then the token does raw RSA, and this process checks the padding in constant time. The first use of each
/// algorithm finds the way with throw-away messages.
///
/// A ciphertext that does not decrypt gives a random key (RFC 7516 section 11.5). Only failures of the HSM throw.
public final class PKCS11PrivateKey: ContentKeyUnwrapper {
    /// The public key of the key pair.
    public let publicKey: RSAPublicKey
    private let token: PKCS11Token
    private let reference: KeyReference
    private let modulus: [UInt8]
    private let methods = Mutex<[String: UnwrapMethod]>([:])

    init(_ token: PKCS11Token, _ uri: PKCS11URI, _ publicKey: RSAPublicKey) throws {
        modulus = try publicKey.modulus()
        reference = KeyReference(uri: uri, objectClass: KM_CKO_PRIVATE_KEY, modulus: modulus)
        (self.token, self.publicKey) = (token, publicKey)
    }

    /// Decrypts a content encryption key.
    ///
    /// - Parameter key: The encrypted key of a message.
    /// - Returns: The content encryption key, which belongs to the caller. If the encrypted key does not decrypt, or
    ///   decrypts to another size, a random key of `byteCount` bytes.
    /// - Throws: ``KMError`` `hsmUnavailable` and the errors of ``PKCS11Token/open(_:module:pin:configuration:)`` if the
    ///   HSM fails; `hsmKeyUnsuitable` if the token does not have the algorithm; `invalidSize` if `byteCount` is not 1
    ///   to 64; `CancellationError` if the task is cancelled while it waits for a session.
    public func unwrap(_ key: WrappedContentKey) async throws -> SecretBytes? {
        guard (1...64).contains(key.byteCount) else {
            throw KMError(.invalidSize, "a wrapped key must be 1 to 64 bytes; got \(key.byteCount)")
        }
        // The sizes, the modulus and the ciphertext are public. A number outside the range of the key does not decrypt
        // (RFC 8017 section 5.1.2), and tokens differ in how they say so.
        guard key.bytes.count == modulus.count, key.bytes.lexicographicallyPrecedes(modulus) else {
            return try SecretBytes(randomCount: key.byteCount)
        }
        return try await token.pool.run { [self] session in
            let handle = try session.handle(of: reference)
            return try method(key, handle, session).unwrap(key, with: handle, session)
        }
    }

    private func method(_ key: WrappedContentKey, _ handle: UInt, _ session: Session) throws -> UnwrapMethod {
        if let known = methods.withLock({ $0[key.algorithm.rawValue] }) { return known }
        let found = try UnwrapMethod.find(key.algorithm, publicKey, handle, session)
        methods.withLock { $0[key.algorithm.rawValue] = found }
        return found
    }

    /// Finds out how the token decrypts with RSA-OAEP-256, so that a token that cannot is noticed at once.
    func prepare() async throws {
        let key = WrappedContentKey(try publicKey.oaepChallenge(.sha256).ciphertext, byteCount: 32)
        _ = try await unwrap(key)
    }

    /// How the token decrypts, for each algorithm that was used.
    var knownMethods: [String: UnwrapMethod] { methods.withLock { $0 } }
}

extension PKCS11PrivateKey: CustomStringConvertible, CustomReflectable {
    /// The URI of the key and its size.
    public var description: String { "PKCS11PrivateKey(\(reference.uri), \(publicKey.bitCount) bits)" }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension PKCS11Token {
    /// Finds the one RSA private key that a URI matches.
    ///
    /// - Parameter uri: The URI of the key, which must match this token.
    /// - Returns: The key.
    /// - Throws: ``KMError`` `hsmKeyNotFound` or `hsmKeyAmbiguous`, with the URIs of the keys that exist;
    ///   `hsmTokenNotFound` if the URI names another token; `hsmURIInvalid` if its type is not `private`;
    ///   `hsmKeyUnsuitable` if the key is not RSA, may not decrypt, or wants a PIN for each use; `unsupportedKey` if it
    ///   has another size than 2048 to 8192 bits; `hsmUnavailable` if the HSM fails.
    public func privateKey(_ uri: PKCS11URI) async throws -> PKCS11PrivateKey {
        let search = KeyReference(uri: uri, objectClass: KM_CKO_PRIVATE_KEY, modulus: nil)
        let publicKey = try await pool.run { [logger] session in
            try Self.check(uri, session)
            let object = try search.find(in: session)
            try Self.check(object, session, logger)
            return try Self.publicKey(of: object, session)
        }
        let key = try PKCS11PrivateKey(self, uri, publicKey)
        try await key.prepare()
        return key
    }

    private static func check(_ object: UInt, _ session: Session, _ logger: Logger?) throws {
        let uri = try session.uriText(of: object)
        func unsuitable(_ fault: String) -> KMError { KMError(.hsmKeyUnsuitable, "\(uri) \(fault)") }
        guard try session.attribute(KM_CKA_KEY_TYPE, of: object) == bytes(of: KM_CKK_RSA) else {
            throw unsuitable("is not an RSA key (CKA_KEY_TYPE)")
        }
        guard try session.flag(KM_CKA_DECRYPT, of: object) ?? true else {
            throw unsuitable("may not decrypt (CKA_DECRYPT is false); create the key with CKA_DECRYPT")
        }
        guard try session.flag(KM_CKA_ALWAYS_AUTHENTICATE, of: object) != true else {
            throw unsuitable("wants a PIN for each use (CKA_ALWAYS_AUTHENTICATE), which a server cannot give")
        }
        let isExposed =
            try session.flag(KM_CKA_EXTRACTABLE, of: object) == true
            || session.flag(KM_CKA_SENSITIVE, of: object) == false
        if isExposed {
            logger?.warning("the private key can leave the token (CKA_EXTRACTABLE)", metadata: ["key": "\(uri)"])
        }
    }

    /// Reads the public integers of a private key.
    ///
    /// If the private key does not show its public exponent, that of the public key object with the same
    /// modulus is read.
    static func publicKey(of object: UInt, _ session: Session) throws -> RSAPublicKey {
        let uri = try session.uriText(of: object)
        guard let modulus = try session.attribute(KM_CKA_MODULUS, of: object) else {
            throw KMError(.hsmKeyUnsuitable, "\(uri) does not show its modulus (CKA_MODULUS)")
        }
        var exponent = try session.attribute(KM_CKA_PUBLIC_EXPONENT, of: object)
        if exponent?.isEmpty ?? true {
            exponent = try publicExponent(of: modulus, id: session.attribute(KM_CKA_ID, of: object), session)
        }
        guard let exponent, !exponent.isEmpty else {
            throw KMError(
                .hsmKeyUnsuitable,
                "\(uri) does not show its public exponent, and the token has no public key object for it; add one"
            )
        }
        return try RSAPublicKey(modulus: modulus, publicExponent: exponent)
    }

    /// The public exponent of the public key object with a modulus; an object with the id is preferred.
    private static func publicExponent(of modulus: [UInt8], id: [UInt8]?, _ session: Session) throws -> [UInt8]? {
        let wanted = KeyReference.withoutLeadingZeros(modulus)
        for id in [id, nil] {
            let template = try ObjectTemplate()
            try template.add(KM_CKA_CLASS, number: KM_CKO_PUBLIC_KEY)
            if let id { try template.add(KM_CKA_ID, id) }
            let found = try session.find(template).first { try KeyReference.modulus(of: $0, session) == wanted }
            if let found { return try session.attribute(KM_CKA_PUBLIC_EXPONENT, of: found) }
        }
        return nil
    }

    /// The bytes of a number as attributes have them.
    static func bytes(of number: UInt) -> [UInt8] { unsafe withUnsafeBytes(of: number) { unsafe Array($0) } }
}
#endif
