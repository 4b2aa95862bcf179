internal import CKMOpenSSL

/// A MAC that a sender may have computed by mistake instead of HMAC-SHA-256.
package enum MistakenMAC: Sendable, CaseIterable {
    /// HMAC with SHA-1, 20 bytes.
    case hmacSHA1
    /// HMAC with SHA-384, 48 bytes.
    case hmacSHA384
    /// HMAC with SHA-512, 64 bytes.
    case hmacSHA512

    /// The size in bytes.
    package var byteCount: Int {
        switch self {
        case .hmacSHA1: 20
        case .hmacSHA384: 48
        case .hmacSHA512: 64
        }
    }

    /// The name, such as `HMAC-SHA-512`.
    package var name: String {
        switch self {
        case .hmacSHA1: "HMAC-SHA-1"
        case .hmacSHA384: "HMAC-SHA-384"
        case .hmacSHA512: "HMAC-SHA-512"
        }
    }

    private var code: km_mac_hash {
        switch self {
        case .hmacSHA1: KM_MAC_SHA1
        case .hmacSHA384: KM_MAC_SHA384
        case .hmacSHA512: KM_MAC_SHA512
        }
    }

    /// Returns whether `mac` is this MAC of a message, to explain why a token is rejected.
    ///
    /// A server must not use it to answer requests.
    ///
    /// - Parameters:
    ///   - mac: The MAC that was received.
    ///   - message: The message.
    ///   - key: The secret key, of any size.
    /// - Returns: Whether they are equal, compared in constant time.
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package func isMade(_ mac: [UInt8], of message: [UInt8], under key: SecretBytes) throws -> Bool {
        guard mac.count == byteCount else { return false }
        var count = 0
        let computed = unsafe filledArray(Int(KM_MAC_MAXIMUM_SIZE)) { target in
            key.withBytes { key in
                unsafe key.withUnsafeBufferPointer { key in
                    unsafe message.withUnsafeBufferPointer { message in
                        unsafe km_hmac_diagnose(
                            code,
                            key.baseAddress,
                            key.count,
                            message.baseAddress,
                            message.count,
                            target,
                            &count
                        ) == KM_OK
                    }
                }
            }
        }
        guard let computed else { throw KMError(.cryptographyUnavailable, "OpenSSL could not compute \(name)") }
        let made = Array(computed[..<count])
        return constantTimeEquals(made.span, mac.span)
    }
}
