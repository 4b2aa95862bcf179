internal import CKMOpenSSL

/// A hash without a key, with which an issuer may have hashed card numbers by mistake.
package enum PlainHash: Sendable, CaseIterable {
    case md5
    case sha1
    case sha224
    case sha256
    case sha384
    case sha512

    /// The name, such as `SHA-256`.
    package var name: String {
        switch self {
        case .md5: "MD5"
        case .sha1: "SHA-1"
        case .sha224: "SHA-224"
        case .sha256: "SHA-256"
        case .sha384: "SHA-384"
        case .sha512: "SHA-512"
        }
    }

    private var code: km_plain_hash {
        switch self {
        case .md5: KM_PLAIN_MD5
        case .sha1: KM_PLAIN_SHA1
        case .sha224: KM_PLAIN_SHA224
        case .sha256: KM_PLAIN_SHA256
        case .sha384: KM_PLAIN_SHA384
        case .sha512: KM_PLAIN_SHA512
        }
    }

    /// Computes the digest of a message, to find out whether a reference is a hash of a card number.
    ///
    /// - Parameter message: The message.
    /// - Returns: The digest, or nil if OpenSSL's provider does not have the hash, such as MD5 in FIPS mode.
    package func digest(_ message: [UInt8]) -> [UInt8]? {
        var count = 0
        let digest = unsafe filledArray(Int(KM_MAC_MAXIMUM_SIZE)) { target in
            unsafe message.withUnsafeBufferPointer { source in
                unsafe km_hash_diagnose(code, source.baseAddress, source.count, target, &count) == KM_OK
            }
        }
        return digest.map { Array($0[..<count]) }
    }
}
