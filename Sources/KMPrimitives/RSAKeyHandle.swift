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

/// The limits on keys and certificates, which are checked before any work that they bound.
enum KeyLimits {
    /// The size of the largest accepted key file or certificate in bytes.
    static let byteCount = 65_536
    /// The size of the longest accepted passphrase in bytes.
    static let passphraseByteCount = 1024
    /// The size of the longest accepted modulus in bits.
    static let bitCount = RSAPublicKey.bitCounts.upperBound
    /// The rounds of key derivation for all parts of a file together, some seconds of work.
    ///
    /// Real files use 2048 to about a million rounds.
    static let rounds = 10_000_000
    /// The rounds for verifying the MAC of a PKCS#12 file when no passphrase was given.
    static let roundsWithoutPassphrase = 100_000

    /// The limits that the C shim checks, because only it sees a file's demands before OpenSSL acts on them.
    static var shim: km_limits {
        km_limits(maximum_bits: bitCount, rounds: Int64(rounds), unasked_rounds: Int64(roundsWithoutPassphrase))
    }

    /// Throws `limitExceeded` when a key or certificate has more than ``byteCount`` bytes.
    static func check(_ count: Int) throws {
        guard count <= byteCount else {
            throw KMError(.limitExceeded, "a key or certificate must be at most \(byteCount) bytes")
        }
    }

    /// Throws `invalidSize` when a passphrase has more than ``passphraseByteCount`` bytes.
    static func checkPassphrase(_ count: Int) throws {
        guard count <= passphraseByteCount else {
            throw KMError(
                .invalidSize,
                "a passphrase must be at most \(passphraseByteCount) bytes; is it the right file?"
            )
        }
    }
}
