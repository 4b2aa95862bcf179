internal import CKMOpenSSL

/// The one owner of a shim key.
///
/// `@unchecked Sendable`: the shim's key is only read after it is made (CKMOpenSSL.h), and freed once, in deinit.
@safe final class RSAKeyHandle: @unchecked Sendable {
    /// For the length of a call that keeps `self` alive.
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

    /// Rejects a key whose size is outside ``RSAPublicKey/bitCounts``.
    func checkSize() throws {
        guard RSAPublicKey.bitCounts.contains(bitCount) else { throw Self.unsupportedSize("\(bitCount)") }
    }

    /// Component 0 (modulus) or 1 (public exponent), big-endian without leading zeros.
    func publicComponent(_ index: Int) throws -> [UInt8] {
        try unsafe copiedArray { unsafe km_rsa_copy_component(pointer, index, $0) }
    }

    /// Takes ownership of what the shim made, or throws the error that its status stands for.
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

    /// The error that a status other than `KM_DONE` stands for.
    static func error(_ status: km_status, reason: String) -> KMError {
        let because = reason.isEmpty ? "" : " (OpenSSL: \(reason))"
        switch status {
        case KM_MALFORMED:
            return KMError(.malformedKey, "neither PEM nor DER of a key that is read here\(because)")
        case KM_INVALID_INTEGER:
            return KMError(.malformedKey, "the RSA key is invalid: \(reason)")
        case KM_INCONSISTENT:
            return KMError(.malformedKey, "the private key does not belong to its public key")
        case KM_PUBLIC_KEY:
            return KMError(.wrongKeyKind, "expected a private key; got a public key or certificate")
        case KM_PRIVATE_KEY:
            return KMError(.wrongKeyKind, "expected a public key or certificate; got a private key")
        case KM_NOT_RSA:
            return KMError(.unsupportedKey, "not an RSA key")
        case KM_MORE_PRIMES:
            return KMError(.unsupportedKey, "an RSA key of more than two primes; expected two")
        case KM_TOO_LONG:
            return unsupportedSize("more than \(RSAPublicKey.bitCounts.upperBound)")
        case KM_TOO_LARGE:
            return KMError(.limitExceeded, "a key or certificate must be at most \(KM_INPUT_MAXIMUM) bytes")
        case KM_TOO_COSTLY:
            return KMError(.malformedKey, "the key asks for more than 10,000,000 rounds of key derivation")
        default:
            return passphraseError(status)
                ?? KMError(.cryptographyUnavailable, "OpenSSL could not load the key\(because)")
        }
    }

    private static func passphraseError(_ status: km_status) -> KMError? {
        switch status {
        case KM_PASSPHRASE_MISSING:
            KMError(.passphraseRequired, "the key is encrypted; give its passphrase")
        case KM_PASSPHRASE_WRONG:
            KMError(.passphraseWrong, "the key does not decrypt under this passphrase")
        case KM_PASSPHRASE_TOO_LONG:
            KMError(.invalidSize, "a passphrase must be at most \(KM_PASSPHRASE_MAXIMUM) bytes; is it the right file?")
        case KM_NEEDS_LEGACY:
            KMError(
                .legacyEncryption,
                "the key is encrypted with an algorithm of OpenSSL's legacy provider (RC2, single DES, …); "
                    + "write it anew with: openssl pkcs12 -legacy -in OLD -nodes | openssl pkcs8 -topk8 -out NEW"
            )
        default:
            nil
        }
    }

    private static func unsupportedSize(_ bits: String) -> KMError {
        let accepted = RSAPublicKey.bitCounts
        return KMError(
            .unsupportedKey,
            "an RSA key of \(bits) bits; expected \(accepted.lowerBound) to \(accepted.upperBound)"
        )
    }
}
