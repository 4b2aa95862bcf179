/// A key that computes HMAC-SHA-256 (RFC 2104) elsewhere: in an HSM, or in the key service of a cloud.
///
/// `PKCS11HMACKey` of KMPKCS11 is such a key. It can sign and verify tokens as a `SecretKey`, and derive PARs in an
/// `ExternalPARTokenizer`. Implement the protocol for another device:
///
/// - Throw if the device does not answer, or needs a login. A server then answers HTTP 500.
/// - Do not keep, log or count the message: it can contain a PAN.
/// - Do not retry in a way that uses up login attempts.
/// - Limit the time of a call.
public protocol MessageAuthenticator: Sendable {
    /// Computes the MAC of a message.
    ///
    /// - Parameter message: The message. It is erased with its last reference.
    /// - Returns: The MAC, 32 bytes.
    /// - Throws: The device's error.
    func authenticate(_ message: SecretBytes) async throws -> [UInt8]
}

extension MessageAuthenticator {
    /// Computes the MAC of a message, and checks its size.
    ///
    /// - Throws: ``KMError`` `macInvalid` if the MAC has another size than 32 bytes; the errors of
    ///   ``authenticate(_:)``.
    package func mac(of message: SecretBytes) async throws -> HMACSHA256.MAC {
        let bytes = try await authenticate(message)
        guard let mac = HMACSHA256.MAC(bytes.span) else {
            throw KMError(
                .macInvalid,
                "a MessageAuthenticator must return HMAC-SHA-256, 32 bytes; got \(bytes.count)"
            )
        }
        return mac
    }
}

extension KMError.Code {
    /// A device returned a MAC of another size than HMAC-SHA-256's 32 bytes.
    public static let macInvalid = Self("macInvalid")
}
