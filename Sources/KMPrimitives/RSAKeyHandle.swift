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

    var bitCount: Int { unsafe km_rsa_bits(pointer) }
    var byteCount: Int { unsafe km_rsa_size(pointer) }

    /// Throws `unsupportedKey` when the key's size is outside ``RSAPublicKey/bitCounts``.
    func checkSize() throws {
        guard RSAPublicKey.bitCounts.contains(bitCount) else { throw Self.unsupportedSize("\(bitCount)") }
    }

    /// Returns the modulus (`KM_N`) or the public exponent (`KM_E`), big-endian without leading zeros.
    func publicComponent(_ component: km_component) throws -> [UInt8] {
        try unsafe copiedArray { unsafe km_rsa_copy_component(pointer, component, $0) }
    }

    /// Takes ownership of a key that the shim created, or throws the error for the shim's result.
    static func make(
        _ result: km_result,
        _ pointer: OpaquePointer?,
        reason: String
    ) throws -> RSAKeyHandle {
        guard result == KM_OK, let pointer = unsafe pointer else { throw error(result, reason: reason) }
        let handle = unsafe RSAKeyHandle(adopting: pointer)
        try handle.checkSize()
        return handle
    }

    /// Returns the error for a result of the shim other than `KM_OK`.
    static func error(_ result: km_result, reason: String) -> KMError {
        let because = reason.isEmpty ? "" : " (OpenSSL: \(reason))"
        switch result {
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
        case KM_TOO_COSTLY:
            return KMError(
                .malformedKey,
                "the key requires more than \(KeyLimits.rounds) rounds of key derivation; encrypt it again with fewer"
            )
        default:
            return passphraseError(result)
                ?? KMError(.cryptographyUnavailable, "OpenSSL could not load the key\(because)")
        }
    }

    private static func passphraseError(_ result: km_result) -> KMError? {
        switch result {
        case KM_PASSPHRASE_MISSING:
            KMError(.passphraseRequired, "the key is encrypted; provide its passphrase")
        case KM_PASSPHRASE_WRONG:
            KMError(.passphraseWrong, "the key does not decrypt with this passphrase; check the passphrase and file")
        case KM_UNSUPPORTED_ENCRYPTION:
            KMError(
                .legacyEncryption,
                "the key is encrypted with an algorithm that only OpenSSL's legacy provider supports "
                    + "(RC2, single DES, …) or that is unknown; convert the file with: \(conversion)"
            )
        default:
            nil
        }
    }

    /// A command that reads PKCS#1, PKCS#8 and PKCS#12, and writes encrypted PKCS#8.
    private static let conversion = "openssl pkey -provider legacy -provider default -in OLD -aes256 -out NEW"

    private static func unsupportedSize(_ bits: String) -> KMError {
        let accepted = RSAPublicKey.bitCounts
        return KMError(
            .unsupportedKey,
            "an RSA key must have \(accepted.lowerBound) to \(accepted.upperBound) bits; got \(bits) bits"
        )
    }
}

extension RSAKeyHandle {
    /// Creates a key from its integers in the order of RFC 7518 section 6.3: n, e, then d, p, q, dp, dq, qi.
    static func make(public publicIntegers: [[UInt8]], private secrets: [SecretBytes]) throws -> RSAKeyHandle {
        var pointer: OpaquePointer?
        let (result, reason) = unsafe withReason { reason in
            unsafe withIntegers(publicIntegers[...], secrets[...], []) { integers in
                unsafe integers.withUnsafeBufferPointer { integers in
                    guard let start = integers.baseAddress else { return KM_FAILED }
                    return unsafe km_rsa_from_components(
                        start,
                        integers.count,
                        KeyLimits.bitCount,
                        &pointer,
                        reason
                    )
                }
            }
        }
        return try unsafe make(result, pointer, reason: reason)
    }

    /// Collects the addresses of all integers in nested closures, one per integer, so that no secret is copied.
    private static func withIntegers<Result>(
        _ publicIntegers: ArraySlice<[UInt8]>,
        _ secrets: ArraySlice<SecretBytes>,
        _ collected: [km_bytes],
        _ body: ([km_bytes]) -> Result
    ) -> Result {
        func next(_ bytes: UnsafeBufferPointer<UInt8>) -> [km_bytes] {
            unsafe collected + [km_bytes(bytes: bytes.baseAddress, size: bytes.count)]
        }
        if let first = publicIntegers.first {
            return unsafe first.withUnsafeBufferPointer {
                unsafe withIntegers(publicIntegers.dropFirst(), secrets, next($0), body)
            }
        }
        if let first = secrets.first {
            return first.withBytes { bytes in
                unsafe bytes.withUnsafeBufferPointer {
                    unsafe withIntegers(publicIntegers, secrets.dropFirst(), next($0), body)
                }
            }
        }
        return unsafe body(collected)
    }
}
