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

    /// Refuses what a key of this package must not be, whatever its origin.
    func checkSize() throws {
        guard RSAPublicKey.bitCounts.contains(bitCount) else {
            throw KMError(
                .unsupportedKey,
                "an RSA key of \(bitCount) bits; "
                    + "\(RSAPublicKey.bitCounts.lowerBound) to \(RSAPublicKey.bitCounts.upperBound) are taken"
            )
        }
        guard unsafe km_rsa_is_plausible(pointer) == 1 else {
            throw KMError(.malformedKey, "the RSA modulus or public exponent is even, 1, or longer than 64 bits")
        }
    }

    /// Component 0 (modulus) or 1 (public exponent), big-endian without leading zeros.
    func publicComponent(_ index: Int) throws -> [UInt8] {
        try unsafe copiedArray { unsafe km_rsa_copy_component(pointer, index, $0) }
    }

    /// The handle of what the shim parsed, or the error that its status stands for.
    static func make(
        _ status: km_status,
        _ pointer: OpaquePointer?,
        reason: String
    ) throws -> RSAKeyHandle {
        let because = reason.isEmpty ? "" : " (OpenSSL: \(reason))"
        switch status {
        case KM_DONE:
            guard let pointer = unsafe pointer else { break }
            let handle = unsafe RSAKeyHandle(adopting: pointer)
            try handle.checkSize()
            return handle
        case KM_MALFORMED:
            throw KMError(.malformedKey, "neither PEM nor DER of a key that is read here\(because)")
        case KM_PUBLIC_KEY:
            throw KMError(.wrongKeyKind, "a public key or certificate, where a private key is due")
        case KM_PRIVATE_KEY:
            throw KMError(.wrongKeyKind, "a private key, where a public key or certificate is due")
        case KM_NOT_RSA:
            throw KMError(.unsupportedKey, "not an RSA key")
        case KM_PASSPHRASE_MISSING:
            throw KMError(.passphraseRequired, "the key is encrypted; give its passphrase")
        case KM_PASSPHRASE_WRONG:
            throw KMError(.passphraseWrong, "the key does not decrypt under this passphrase")
        case KM_NEEDS_LEGACY:
            throw KMError(
                .legacyEncryption,
                "the key is encrypted with an algorithm of OpenSSL's legacy provider (RC2, single DES, …); "
                    + "write it anew with: openssl pkcs12 -legacy -in OLD -nodes | openssl pkcs8 -topk8 -out NEW"
            )
        case KM_TOO_COSTLY:
            throw KMError(.malformedKey, "the key asks for more than 10,000,000 rounds of key derivation")
        case KM_INCONSISTENT:
            throw KMError(.malformedKey, "the private and the public half do not belong together")
        default:
            break
        }
        throw KMError(.cryptographyUnavailable, "OpenSSL could not load the key\(because)")
    }
}
