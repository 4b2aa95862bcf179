internal import CKMOpenSSL

/// An RSA public key of 2048 to 8192 bits.
///
/// It encrypts with RSAES-OAEP (RFC 8017 section 7.1), with SHA-256 for both the hash and MGF1.
public struct RSAPublicKey: Sendable {
    /// The accepted key sizes in bits.
    ///
    /// NIST SP 800-131A requires at least 2048 bits. Keys above 8192 bits take so much work that a sender could
    /// use them to overload a server.
    public static let bitCounts = 2048...8192

    let handle: RSAKeyHandle

    /// Takes a handle whose size has been checked.
    init(_ handle: RSAKeyHandle) {
        self.handle = handle
    }

    /// Reads a SubjectPublicKeyInfo, a PKCS#1 RSAPublicKey or an X.509 certificate, in PEM or DER.
    ///
    /// The validity of a certificate is not checked. To check it, read a ``Certificate`` instead.
    ///
    /// - Parameter bytes: The key or certificate, at most 65,536 bytes.
    /// - Throws: ``KMError`` `malformedKey` when the bytes are not a valid public key; `wrongKeyKind` for a private
    ///   key; `unsupportedKey` for another algorithm or size; `limitExceeded` for more than 65,536 bytes;
    ///   `cryptographyUnavailable` when OpenSSL fails.
    public init(parsing bytes: [UInt8]) throws {
        try KeyLimits.check(bytes.count)
        var pointer: OpaquePointer?
        let (result, reason) = unsafe withReason { reason in
            unsafe bytes.withUnsafeBufferPointer {
                unsafe km_rsa_parse_public($0.baseAddress, $0.count, KeyLimits.bitCount, &pointer, reason)
            }
        }
        self.init(try unsafe RSAKeyHandle.make(result, pointer, reason: reason))
    }

    /// Creates a public key from its integers, both big-endian.
    ///
    /// - Parameters:
    ///   - modulus: The modulus, n, which must be odd.
    ///   - publicExponent: The public exponent, e, which must be odd and from 3 to 2^64 - 1.
    /// - Throws: ``KMError`` `malformedKey` when an integer is invalid; `unsupportedKey` when the modulus is not 2048
    ///   to 8192 bits; `cryptographyUnavailable` when OpenSSL fails.
    public init(modulus: [UInt8], publicExponent: [UInt8]) throws {
        self.init(try RSAKeyHandle.make(public: [modulus, publicExponent], private: []))
    }

    /// The size of the modulus in bits.
    public var bitCount: Int { handle.bitCount }

    /// The size of the modulus in bytes, which is also the size of every ciphertext.
    public var byteCount: Int { handle.byteCount }

    /// Returns the modulus, big-endian without leading zeros.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL runs out of memory.
    public func modulus() throws -> [UInt8] { try handle.publicComponent(KM_N) }

    /// Returns the public exponent, big-endian without leading zeros.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL runs out of memory.
    public func publicExponent() throws -> [UInt8] { try handle.publicComponent(KM_E) }

    /// Encrypts a message of at most ``byteCount`` - 66 bytes.
    ///
    /// - Parameter message: The plaintext.
    /// - Returns: The ciphertext, ``byteCount`` bytes.
    /// - Throws: ``KMError`` `invalidSize` when the message is too long; `cryptographyUnavailable` when OpenSSL fails.
    package func encryptOAEP(_ message: Span<UInt8>) throws -> [UInt8] {
        guard message.count <= byteCount - 66 else {
            throw KMError(
                .invalidSize,
                "an RSA-OAEP message under this key must be at most \(byteCount - 66) bytes; got \(message.count)"
            )
        }
        let ciphertext = unsafe filledArray(byteCount) { target in
            unsafe message.withUnsafeBufferPointer {
                unsafe km_rsa_oaep_encrypt(handle.pointer, $0.baseAddress, $0.count, target) == KM_OK
            }
        }
        guard let ciphertext else { throw KMError(.cryptographyUnavailable, "OpenSSL could not encrypt with RSA-OAEP") }
        return ciphertext
    }

    /// Encodes the key as a SubjectPublicKeyInfo in PEM.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL runs out of memory.
    public func pemRepresentation() throws -> [UInt8] {
        try unsafe copiedArray { unsafe km_rsa_export_spki(handle.pointer, KM_PEM, $0) }
    }

    /// Encodes the key as a SubjectPublicKeyInfo in DER.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL runs out of memory.
    public func derRepresentation() throws -> [UInt8] {
        try unsafe copiedArray { unsafe km_rsa_export_spki(handle.pointer, KM_DER, $0) }
    }
}

extension RSAPublicKey: Equatable {
    /// Returns whether two keys have the same modulus and public exponent.
    public static func == (left: RSAPublicKey, right: RSAPublicKey) -> Bool {
        unsafe km_rsa_same_public(left.handle.pointer, right.handle.pointer)
    }
}

extension RSAPublicKey: CustomStringConvertible, CustomReflectable {
    /// The size in bits.
    public var description: String { "RSAPublicKey(\(bitCount) bits)" }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
