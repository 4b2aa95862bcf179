internal import CKMOpenSSL

/// Computes SHA-256 digests (FIPS 180-4), for fingerprints and thumbprints.
package enum SHA256 {
    /// Computes the 32-byte digest of `message`.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package static func digest(_ message: [UInt8]) throws -> [UInt8] {
        let digest = unsafe filledArray(Int(KM_SHA256_SIZE)) { target in
            unsafe message.withUnsafeBufferPointer { unsafe km_sha256($0.baseAddress, $0.count, target) == KM_OK }
        }
        guard let digest else { throw KMError(.cryptographyUnavailable, "OpenSSL could not compute SHA-256") }
        return digest
    }
}
