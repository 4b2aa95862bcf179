internal import CKMOpenSSL

/// Owns an RSA key of the C shim.
///
/// `@unchecked Sendable`: the key is only read after its creation (CKMOpenSSL.h), and is freed once, in `deinit`.
@safe final class RSAKeyHandle: @unchecked Sendable {
    /// The key of the C shim; use it only during a call that keeps `self` alive.
    let pointer: OpaquePointer

    /// Takes ownership of `pointer`.
    init(adopting pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe km_rsa_free(pointer)
    }

    var bitCount: Int { unsafe Int(km_rsa_bits(pointer)) }
    var byteCount: Int { unsafe km_rsa_size(pointer) }

    /// Throws `unsupportedKey` when the key's size is outside ``RSAPublicKey/bitCounts``.
    func checkSize() throws {
        guard RSAPublicKey.bitCounts.contains(bitCount) else { throw Self.unsupportedSize("\(bitCount)") }
    }

    /// Returns the modulus (index 0) or the public exponent (index 1), big-endian without leading zeros.
    func publicComponent(_ index: Int) throws -> [UInt8] {
        try unsafe copiedArray { unsafe km_rsa_copy_component(pointer, index, $0) }
    }

    /// Takes ownership of a key that the shim created, or throws the error for the shim's status.
    static func make(
        _ status: km_status,
        _ pointer: OpaquePointer?,
        reason: String
    ) throws -> RSAKeyHandle {
        guard status == KM_DONE, let pointer = unsafe pointer else { throw error(status, reason: reason) }
        let handle = unsafe RSAKeyHandle(adopting: pointer)
        try handle.checkSize()
        return handle
    }

    /// Returns the error for a shim status other than `KM_DONE`.
    static func error(_ status: km_status, reason: String) -> KMError {
        let because = reason.isEmpty ? "" : " (OpenSSL: \(reason))"
        switch status {
        case KM_MALFORMED:
            return KMError(.malformedKey, "not a key in a supported PEM or DER format\(because)")
        case KM_INVALID_INTEGER:
            return KMError(.malformedKey, "the RSA key is invalid: \(reason)")
        case KM_INCONSISTENT:
            return KMError(.malformedKey, "the private key does not match its public key")
        case KM_PUBLIC_KEY:
            return KMError(.wrongKeyKind, "expected a private key; got a public key or certificate")
        case KM_PRIVATE_KEY:
            return KMError(.wrongKeyKind, "expected a public key or certificate; got a private key")
        case KM_NOT_RSA:
            return KMError(.unsupportedKey, "not an RSA key")
        case KM_MORE_PRIMES:
            return KMError(.unsupportedKey, "an RSA key must have exactly two primes; got more")
        case KM_TOO_LONG:
            return unsupportedSize("more than \(RSAPublicKey.bitCounts.upperBound)")
        case KM_TOO_LARGE:
            return KMError(.limitExceeded, "a key or certificate must be at most \(KM_INPUT_MAXIMUM) bytes")
        case KM_TOO_COSTLY:
            return KMError(
                .malformedKey,
                "the key requires more than 10,000,000 rounds of key derivation; encrypt it again with fewer"
            )
        default:
            return passphraseError(status)
                ?? KMError(.cryptographyUnavailable, "OpenSSL could not load the key\(because)")
        }
    }

    private static func passphraseError(_ status: km_status) -> KMError? {
        switch status {
        case KM_PASSPHRASE_MISSING:
            KMError(.passphraseRequired, "the key is encrypted; provide its passphrase")
        case KM_PASSPHRASE_WRONG:
            KMError(.passphraseWrong, "the key does not decrypt with this passphrase; check the passphrase and file")
        case KM_PASSPHRASE_TOO_LONG:
            KMError(.invalidSize, "a passphrase must be at most \(KM_PASSPHRASE_MAXIMUM) bytes; is it the right file?")
        case KM_NEEDS_LEGACY:
            KMError(
                .legacyEncryption,
                "the key is encrypted with an algorithm of OpenSSL's legacy provider (RC2, single DES, …); convert it "
                    + "with: openssl pkey -provider legacy -provider default -in OLD -aes256 -out NEW"
            )
        default:
            nil
        }
    }

    private static func unsupportedSize(_ bits: String) -> KMError {
        let accepted = RSAPublicKey.bitCounts
        return KMError(
            .unsupportedKey,
            "an RSA key must have \(accepted.lowerBound) to \(accepted.upperBound) bits; got \(bits) bits"
        )
    }
}
