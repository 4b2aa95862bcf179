#if PKCS11
internal import CKMPKCS11
internal import KMJOSE
internal import KMPrimitives
internal import KMSecurity

/// What decrypts with a private key: a session, or a stand-in for one in a test.
protocol TokenDecryption {
    /// The flags of a mechanism; nil if the token does not have it.
    func mechanismFlags(_ mechanism: UInt) throws -> UInt?

    /// Decrypts, and returns memory of `capacity` bytes that begins with the plaintext, as ``Session`` does.
    func decrypt(
        _ ciphertext: [UInt8],
        with key: UInt,
        _ scheme: km_p11_scheme,
        capacity: Int
    ) throws -> Decryption

    /// Whether the device still answers and reports no error.
    func isHealthy() throws -> Bool
}

/// The result of a decryption in a token.
struct Decryption {
    /// Memory of the size of the modulus, which begins with the plaintext.
    let memory: SecretBytes
    /// The size of the plaintext in bytes.
    let count: Int
    /// The result of the call that failed, or `CKR_OK`.
    let rv: UInt
    /// Whether the token began to decrypt: a later failure can be the ciphertext's fault.
    let isStarted: Bool

    /// The failure of the call.
    var failure: PKCS11Failure { PKCS11Failure(function: isStarted ? "C_Decrypt" : "C_DecryptInit", rv: rv) }
}

/// How a token decrypts content encryption keys.
enum UnwrapMethod: Sendable, Equatable {
    /// The token does RSA-OAEP.
    ///
    /// `rejections` are the results with which it rejects a ciphertext. If `isAmbiguous`, one of them can also mean a
    /// failure of the device.
    case inToken(rejections: Set<UInt>, isAmbiguous: Bool)
    /// The token does raw RSA, and this process checks the padding in constant time.
    case raw

    /// Decrypts a content encryption key, or returns random bytes if it does not decrypt.
    ///
    /// - Throws: ``PKCS11Failure`` if the device fails; ``KMError`` `cryptographyUnavailable`.
    func unwrap(_ wrapped: WrappedContentKey, with key: UInt, _ token: some TokenDecryption) throws -> SecretBytes {
        let capacity = wrapped.bytes.count
        switch self {
        case .inToken(let rejections, let isAmbiguous):
            let answer = try token.decrypt(wrapped.bytes, with: key, wrapped.algorithm.scheme, capacity: capacity)
            let isRejected = answer.isStarted && rejections.contains(answer.rv)
            guard answer.rv == KM_CKR_OK || isRejected else { throw answer.failure }
            // After every call, so that its time does not depend on the result.
            if isAmbiguous, try !token.isHealthy() {
                throw PKCS11Failure(function: "C_GetSessionInfo", rv: KM_CKR_DEVICE_ERROR)
            }
            return try ExternalRSA.select(
                answer.memory,
                count: answer.count,
                isDecrypted: answer.rv == KM_CKR_OK,
                byteCount: wrapped.byteCount
            )
        case .raw:
            let answer = try token.decrypt(wrapped.bytes, with: key, KM_P11_RSA_RAW, capacity: capacity)
            // Every number below the modulus has a result, so each failure is the device's.
            guard answer.rv == KM_CKR_OK else { throw answer.failure }
            return try ExternalRSA.unpad(
                answer.memory,
                count: answer.count,
                byteCount: wrapped.byteCount,
                hash: wrapped.algorithm.hash
            )
        }
    }
}

extension KeyManagementAlgorithm {
    var scheme: km_p11_scheme { self == .rsaOAEP256 ? KM_P11_RSA_OAEP_SHA256 : KM_P11_RSA_OAEP_SHA1 }
}
#endif
