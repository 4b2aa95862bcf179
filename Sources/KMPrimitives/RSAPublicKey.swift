internal import CKMOpenSSL

/// An RSA public key of 2048 to 8192 bits, which encrypts with RSAES-OAEP, SHA-256 for the hash and for MGF1
/// (RFC 8017 section 7.1).
public struct RSAPublicKey: Sendable {
    /// The sizes that are taken, in bits.
    ///
    /// NIST SP 800-131A asks for at least 2048; above 8192 the work invites abuse.
    public static let bitCounts = 2048...8192

    let handle: RSAKeyHandle

    /// Takes a handle that was checked.
    init(_ handle: RSAKeyHandle) {
        self.handle = handle
    }

    /// Reads a SubjectPublicKeyInfo, a PKCS#1 RSAPublicKey or an X.509 certificate, in PEM or DER.
    ///
    /// The validity of a certificate is not looked at: read a ``Certificate`` where it matters.
    ///
    /// - Throws: ``KMError`` `malformedKey`, `wrongKeyKind` for a private key, `unsupportedKey` for another algorithm
    ///   or size, `limitExceeded` for more than 65,536 bytes.
    public init(parsing bytes: [UInt8]) throws {
        var pointer: OpaquePointer?
        let (status, reason) = unsafe withReason { reason in
            unsafe bytes.withUnsafeBufferPointer {
                unsafe km_rsa_parse_public($0.baseAddress, $0.count, &pointer, reason)
            }
        }
        self.init(try unsafe RSAKeyHandle.make(status, pointer, reason: reason))
    }

    /// Makes a key of its integers, big-endian.
    ///
    /// - Throws: ``KMError`` `malformedKey` or `unsupportedKey`.
    public init(modulus: [UInt8], publicExponent: [UInt8]) throws {
        self.init(try RSAComponents.handle(public: [modulus, publicExponent], private: []))
    }

    /// The modulus' size in bits.
    public var bitCount: Int { handle.bitCount }

    /// The modulus' size in bytes: that of every ciphertext.
    public var byteCount: Int { handle.byteCount }

    /// The modulus, big-endian without leading zeros.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory is short.
    public func modulus() throws -> [UInt8] { try handle.publicComponent(0) }

    /// The public exponent, big-endian without leading zeros.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory is short.
    public func publicExponent() throws -> [UInt8] { try handle.publicComponent(1) }

    /// Encrypts `message`, of at most ``byteCount`` - 66 bytes.
    ///
    /// - Returns: ``byteCount`` bytes.
    /// - Throws: ``KMError`` `invalidSize` for a longer message, `cryptographyUnavailable` when OpenSSL fails.
    package func encryptOAEP(_ message: Span<UInt8>) throws -> [UInt8] {
        guard message.count <= byteCount - 66 else {
            throw KMError(.invalidSize, "\(message.count) bytes; OAEP takes \(byteCount - 66) under this key")
        }
        let ciphertext = unsafe filledArray(byteCount) { target in
            unsafe message.withUnsafeBufferPointer {
                unsafe km_rsa_oaep_encrypt(handle.pointer, $0.baseAddress, $0.count, target) == 1
            }
        }
        guard let ciphertext else { throw KMError(.cryptographyUnavailable, "RSA-OAEP") }
        return ciphertext
    }

    /// The SubjectPublicKeyInfo as PEM text.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory is short.
    public func pemRepresentation() throws -> [UInt8] {
        try unsafe copiedArray { unsafe km_rsa_export_spki(handle.pointer, 1, $0) }
    }

    /// The SubjectPublicKeyInfo in DER.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory is short.
    public func derRepresentation() throws -> [UInt8] {
        try unsafe copiedArray { unsafe km_rsa_export_spki(handle.pointer, 0, $0) }
    }
}

extension RSAPublicKey: Equatable {
    /// Whether modulus and public exponent are the same.
    public static func == (left: RSAPublicKey, right: RSAPublicKey) -> Bool {
        unsafe km_rsa_same_public(left.handle.pointer, right.handle.pointer) == 1
    }
}

extension RSAPublicKey: CustomStringConvertible, CustomReflectable {
    /// Tells the size.
    public var description: String { "RSAPublicKey(\(bitCount) bits)" }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
