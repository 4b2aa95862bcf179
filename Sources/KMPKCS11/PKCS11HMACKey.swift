#if PKCS11
internal import CKMPKCS11
public import KMPrimitives
internal import KMSecurity

/// A key in a token that computes HMAC-SHA-256 (RFC 2104) there.
///
/// Pass it to `SecretKey(elsewhere:)` to sign and verify tokens, or to `ExternalTokenizationKey` to derive PARs.
public final class PKCS11HMACKey: MessageAuthenticator {
    /// The size of a MAC in bytes: 32.
    public static let macByteCount = 32

    private let token: PKCS11Token
    private let reference: KeyReference

    init(_ token: PKCS11Token, _ uri: PKCS11URI) {
        self.token = token
        reference = KeyReference(uri: uri, objectClass: KM_CKO_SECRET_KEY, modulus: nil)
    }

    /// Computes the MAC of a message.
    ///
    /// - Parameter message: The message, of a size that the HSM accepts in one call.
    /// - Returns: The MAC, 32 bytes.
    /// - Throws: ``KMError`` `hsmUnavailable` if the HSM fails; `hsmKeyUnsuitable` if it returns another size;
    ///   `CancellationError` if the task is cancelled while it waits for a session.
    public func authenticate(_ message: SecretBytes) async throws -> [UInt8] {
        let mac = try await token.pool.run { [reference] session in
            // Room for more shows a token that ignores the mechanism.
            try session.sign(message, with: session.handle(of: reference), KM_CKM_SHA256_HMAC, capacity: 64)
        }
        guard mac.count == Self.macByteCount else {
            throw KMError(.hsmKeyUnsuitable, "\(self): CKM_SHA256_HMAC must give 32 bytes; got \(mac.count)")
        }
        return mac
    }

    /// Returns whether a MAC is that of a message.
    ///
    /// The token computes the MAC, and this process compares it in constant time.
    ///
    /// - Parameters:
    ///   - mac: The MAC to verify, of any size.
    ///   - message: The message.
    /// - Returns: Whether the MAC is right.
    /// - Throws: The errors of ``authenticate(_:)``.
    public func isValid(_ mac: [UInt8], for message: SecretBytes) async throws -> Bool {
        constantTimeEquals(try await authenticate(message), mac)
    }
}

extension PKCS11HMACKey: CustomStringConvertible, CustomReflectable {
    /// The URI of the key.
    public var description: String { "PKCS11HMACKey(\(reference.uri))" }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension PKCS11Token {
    /// Finds the one secret key that a URI matches, and computes a MAC with it to see that the token can.
    ///
    /// - Parameter uri: The URI of the key, which must match this token.
    /// - Returns: The key.
    /// - Throws: ``KMError`` `hsmKeyNotFound` or `hsmKeyAmbiguous`, with the URIs of the keys that exist;
    ///   `hsmTokenNotFound` if the URI names another token; `hsmURIInvalid` if its type is not `secret-key`;
    ///   `hsmKeyUnsuitable` if the key may not sign; `hsmUnavailable` if the HSM fails.
    public func hmacKey(_ uri: PKCS11URI) async throws -> PKCS11HMACKey {
        let search = KeyReference(uri: uri, objectClass: KM_CKO_SECRET_KEY, modulus: nil)
        try await pool.run { session in
            try Self.check(uri, session)
            let object = try search.find(in: session)
            guard try session.flag(KM_CKA_SIGN, of: object) ?? true else {
                throw KMError(
                    .hsmKeyUnsuitable,
                    "\(try session.uriText(of: object)) may not compute a MAC (CKA_SIGN is false)"
                )
            }
        }
        let key = PKCS11HMACKey(self, uri)
        _ = try await key.authenticate(SecretBytes(copying: []))
        return key
    }
}
#endif
