internal import CKMOpenSSL

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
