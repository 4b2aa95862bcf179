internal import CKMOpenSSL

/// Random bytes from OpenSSL's private generator.
///
/// For bytes that are a key, make a ``SecretBytes`` instead.
package enum SecureRandom {
    /// `count` random bytes, for identifiers, IVs and salts.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when there are none to be had, `invalidSize` when `count` is
    ///   negative.
    package static func bytes(_ count: Int) throws -> [UInt8] {
        guard count >= 0 else { throw KMError(.invalidSize, "a negative number of random bytes") }
        guard let bytes = unsafe filledArray(count, { unsafe km_random($0, count) == 1 }) else {
            throw KMError(.cryptographyUnavailable, "no random bytes from OpenSSL")
        }
        return bytes
    }
}
