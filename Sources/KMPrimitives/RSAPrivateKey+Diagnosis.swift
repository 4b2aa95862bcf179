internal import CKMOpenSSL

extension RSAPrivateKey {
    /// A padding that a sender may have used by mistake.
    package enum MistakenPadding: Sendable, CaseIterable {
        /// OAEP with SHA-1, for OAEP and MGF1.
        case oaepSHA1
        /// OAEP with SHA-256, and MGF1 with SHA-1: what Java's `OAEPWithSHA-256AndMGF1Padding` means by default.
        case oaepSHA256WithMGF1SHA1
        /// OAEP with SHA-384, for OAEP and MGF1.
        case oaepSHA384
        /// OAEP with SHA-512, for OAEP and MGF1.
        case oaepSHA512
        /// PKCS #1 v1.5.
        case pkcs1v15

        fileprivate var code: km_padding {
            switch self {
            case .oaepSHA1: KM_OAEP_SHA1
            case .oaepSHA256WithMGF1SHA1: KM_OAEP_SHA256_MGF1_SHA1
            case .oaepSHA384: KM_OAEP_SHA384
            case .oaepSHA512: KM_OAEP_SHA512
            case .pkcs1v15: KM_PKCS1_V15
            }
        }
    }

    /// Decrypts a ciphertext with a padding that is not accepted, to explain why it is rejected.
    ///
    /// A server must not use it to answer requests: its time and its result reveal whether the padding is valid, and an
    /// attacker can use that to decrypt messages.
    ///
    /// - Parameters:
    ///   - ciphertext: The ciphertext.
    ///   - padding: The padding.
    /// - Returns: The plaintext, or nil if the ciphertext does not decrypt with this padding.
    /// - Throws: ``KMError`` `cryptographyUnavailable` when there is no memory for the plaintext.
    package func diagnosticDecrypt(_ ciphertext: Span<UInt8>, padding: MistakenPadding) throws -> SecretBytes? {
        var count = 0
        var done = false
        let room = try SecretBytes(count: byteCount) { target in
            done = unsafe target.withUnsafeMutableBufferPointer { target in
                unsafe ciphertext.withUnsafeBufferPointer { source in
                    guard let start = target.baseAddress else { return false }
                    return unsafe km_rsa_diagnose(
                        handle.pointer,
                        padding.code,
                        source.baseAddress,
                        source.count,
                        start,
                        &count
                    ) == KM_OK
                }
            }
        }
        return done ? try room.extracting(0..<count) : nil
    }
}
