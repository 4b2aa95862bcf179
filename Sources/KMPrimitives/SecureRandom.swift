internal import CKMOpenSSL

/// Generates random bytes with OpenSSL's private generator.
///
/// For a key, use ``SecretBytes/init(randomCount:)`` instead.
package enum SecureRandom {
    /// Returns `count` random bytes, for identifiers, IVs and salts.
    ///
    /// - Throws: ``KMError`` `invalidSize` when `count` is negative; `cryptographyUnavailable` when OpenSSL has no
    ///   random bytes.
    package static func bytes(_ count: Int) throws -> [UInt8] {
        guard count >= 0 else {
            throw KMError(.invalidSize, "the number of random bytes must not be negative; got \(count)")
        }
        guard let bytes = unsafe filledArray(count, { unsafe km_random(count, $0) == KM_OK }) else {
            throw KMError(.cryptographyUnavailable, "OpenSSL could not provide random bytes")
        }
        return bytes
    }
}
