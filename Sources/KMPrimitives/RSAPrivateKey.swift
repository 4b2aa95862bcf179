internal import CKMOpenSSL

/// An RSA key pair of 2048 to 8192 bits.
///
/// Its secret numbers stay in OpenSSL's memory, which cleanses them when the last copy of this value goes; copies share
/// them. It prints redacted.
///
/// The secret leaves only through ``encryptedPKCS8PEM(passphrase:iterations:)`` and the two methods whose names begin
/// with `insecure`.
public struct RSAPrivateKey: Sendable {
    /// The hash of RSAES-OAEP and its MGF1.
    package enum OAEPHash: Sendable {
        /// SHA-256: JOSE's RSA-OAEP-256.
        case sha256
        /// SHA-1: JOSE's RSA-OAEP, for messages of old; nothing here encrypts with it.
        case insecureSHA1

        var code: km_hash { self == .sha256 ? KM_SHA256 : KM_SHA1 }
    }

    /// The rounds of PBKDF2 that an exported key's passphrase gets unless told otherwise.
    public static let defaultIterations = 600_000

    let handle: RSAKeyHandle

    /// The public half.
    public let publicKey: RSAPublicKey

    /// Takes a handle of a pair and checks that the private key belongs to the public key.
    init(checking handle: RSAKeyHandle) throws {
        let status = unsafe km_rsa_check_consistency(handle.pointer)
        guard status == KM_DONE else { throw RSAKeyHandle.error(status, reason: "") }
        guard let copy = unsafe km_rsa_copy_public(handle.pointer) else {
            throw KMError(.cryptographyUnavailable, "no memory for a key")
        }
        self.handle = handle
        publicKey = unsafe RSAPublicKey(RSAKeyHandle(adopting: copy))
    }

    /// Reads PKCS#8 (plain or encrypted), PKCS#1 or PKCS#12, in PEM or DER (PKCS#12 in DER), and checks that the
    /// private key belongs to its public key.
    ///
    /// `bytes` stay the caller's, to cleanse or forget; no passphrase is ever asked for on a terminal.
    ///
    /// Reading takes a few milliseconds, and up to some tenths of a second for 8192 bits. Key derivation comes on top: it
    /// is bounded to 10,000,000 rounds for all parts of a file together, some seconds. Without a passphrase there is next
    /// to none.
    ///
    /// - Throws: ``KMError`` `malformedKey`, also for a file that asks for more key derivation; `wrongKeyKind` for a
    ///   public key or certificate; `unsupportedKey` for another algorithm, another size, or more than two primes;
    ///   `passphraseRequired`; `passphraseWrong`; `legacyEncryption` for a file that needs OpenSSL's legacy provider
    ///   (old PKCS#12 files with RC2); `invalidSize` for a passphrase of more than 1024 bytes; `limitExceeded` for more
    ///   than 65,536 bytes.
    public init(parsing bytes: Span<UInt8>, passphrase: SecretBytes? = nil) throws {
        func parse(_ passphrase: UnsafePointer<UInt8>?, _ count: Int) throws -> RSAKeyHandle {
            var pointer: OpaquePointer?
            let (status, reason) = unsafe withReason { reason in
                unsafe bytes.withUnsafeBufferPointer {
                    unsafe km_rsa_parse_private($0.baseAddress, $0.count, passphrase, count, &pointer, reason)
                }
            }
            return try unsafe RSAKeyHandle.make(status, pointer, reason: reason)
        }
        guard let passphrase else {
            try self.init(checking: try parse(nil, 0))
            return
        }
        let handle = try passphrase.withBytes { text in
            // An empty passphrase is one too, and has an address.
            try unsafe text.withUnsafeBufferPointer { text in
                try unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1) {
                    try unsafe parse(text.baseAddress ?? UnsafePointer($0.baseAddress), text.count)
                }
            }
        }
        try self.init(checking: handle)
    }

    /// Reads PKCS#8 (plain or encrypted), PKCS#1 or PKCS#12; see ``init(parsing:passphrase:)-(Span<UInt8>,_)``.
    ///
    /// - Throws: ``KMError`` as there.
    public init(parsing bytes: [UInt8], passphrase: SecretBytes? = nil) throws {
        try self.init(parsing: bytes.span, passphrase: passphrase)
    }

    /// Reads a key from secret memory; see ``init(parsing:passphrase:)-(Span<UInt8>,_)``.
    ///
    /// - Throws: ``KMError`` as there.
    public init(parsing bytes: SecretBytes, passphrase: SecretBytes? = nil) throws {
        self = try bytes.withBytes { try RSAPrivateKey(parsing: $0, passphrase: passphrase) }
    }

    /// Makes a pair of its integers in the order of RFC 7518 section 6.3, big-endian: `d` alone, or with p, q, dp, dq, qi.
    ///
    /// - Throws: ``KMError`` `malformedKey` when they do not belong together, or `unsupportedKey`.
    public init(modulus: [UInt8], publicExponent: [UInt8], secrets: [SecretBytes]) throws {
        guard secrets.count == 1 || secrets.count == 6 else {
            throw KMError(.malformedKey, "an RSA private key is d, or d, p, q, dp, dq and qi")
        }
        try self.init(checking: try RSAComponents.handle(public: [modulus, publicExponent], private: secrets))
    }

    /// Generates a pair with public exponent 65537.
    ///
    /// Takes a tenth of a second for 2048 bits, and seconds for 8192.
    ///
    /// - Throws: ``KMError`` `unsupportedKey` for a size outside ``RSAPublicKey/bitCounts``, `cryptographyUnavailable`
    ///   when OpenSSL fails.
    public static func generate(bitCount: Int = 2048) throws -> RSAPrivateKey {
        guard RSAPublicKey.bitCounts.contains(bitCount) else {
            throw KMError(.unsupportedKey, "\(bitCount) bits; 2048 to 8192 are taken")
        }
        let (pointer, reason) = unsafe withReason { unsafe km_rsa_generate(Int32(bitCount), $0) }
        guard let pointer = unsafe pointer else {
            throw KMError(.cryptographyUnavailable, "OpenSSL could not generate a key (\(reason))")
        }
        let handle = unsafe RSAKeyHandle(adopting: pointer)
        try handle.checkSize()
        return try RSAPrivateKey(checking: handle)
    }

    /// The modulus' size in bits.
    public var bitCount: Int { handle.bitCount }

    /// The modulus' size in bytes: that of every ciphertext.
    public var byteCount: Int { handle.byteCount }

    /// Decrypts what was encrypted to ``publicKey``.
    ///
    /// For a wrapped content key use ``unwrapKey(_:byteCount:hash:)``, which hides whether it failed.
    ///
    /// - Throws: ``KMError`` `authenticationFailed` for every ciphertext that does not decrypt, of any size.
    package func decryptOAEP(_ ciphertext: Span<UInt8>, hash: OAEPHash = .sha256) throws -> SecretBytes {
        var count = 0
        var done = false
        let room = try SecretBytes(count: byteCount) { target in
            done = unsafe target.withUnsafeMutableBufferPointer { target in
                unsafe ciphertext.withUnsafeBufferPointer { source in
                    guard let start = target.baseAddress else { return false }
                    return unsafe km_rsa_oaep_decrypt(
                        handle.pointer,
                        hash.code,
                        source.baseAddress,
                        source.count,
                        start,
                        &count
                    ) == 1
                }
            }
        }
        guard done else { throw KMError(.authenticationFailed) }
        return try room.extracting(0..<count)
    }

    /// Decrypts a wrapped key of `byteCount` bytes, at most 64.
    ///
    /// When it does not decrypt, or has another size, random bytes come back instead, in the same time, so that only
    /// the message's own tag tells (RFC 7516 section 11.5).
    ///
    /// - Throws: ``KMError`` `invalidSize` for another `byteCount` than 1 to 64, `cryptographyUnavailable` when OpenSSL
    ///   fails for reasons that no message can cause.
    package func unwrapKey(
        _ wrapped: Span<UInt8>,
        byteCount: Int,
        hash: OAEPHash = .sha256
    ) throws -> SecretBytes {
        guard (1...64).contains(byteCount) else {
            throw KMError(.invalidSize, "a wrapped key of \(byteCount) bytes; 1 to 64 are taken")
        }
        return try SecretBytes(count: byteCount) { target in
            let done = unsafe target.withUnsafeMutableBufferPointer { target in
                unsafe wrapped.withUnsafeBufferPointer { source in
                    guard let start = target.baseAddress else { return false }
                    return unsafe km_rsa_oaep_unwrap(
                        handle.pointer,
                        hash.code,
                        source.baseAddress,
                        source.count,
                        start,
                        target.count
                    ) == 1
                }
            }
            guard done else { throw KMError(.cryptographyUnavailable, "RSA-OAEP") }
        }
    }

    /// The pair as encrypted PKCS#8 in PEM: PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC.
    ///
    /// - Throws: ``KMError`` `invalidSize` for an empty passphrase or one above 1024 bytes, or fewer than 1000 rounds;
    ///   `cryptographyUnavailable` when OpenSSL fails.
    public func encryptedPKCS8PEM(
        passphrase: SecretBytes,
        iterations: Int = RSAPrivateKey.defaultIterations
    ) throws -> [UInt8] {
        guard (1...1024).contains(passphrase.count) else {
            throw KMError(.invalidSize, "a passphrase of \(passphrase.count) bytes; 1 to 1024 are taken")
        }
        guard (1000...10_000_000).contains(iterations) else {
            throw KMError(.invalidSize, "\(iterations) iterations; 1000 to 10000000 are taken")
        }
        return try passphrase.withBytes { text in
            try unsafe text.withUnsafeBufferPointer { text in
                try unsafe copiedArray { size in
                    guard let start = text.baseAddress else { return nil }
                    return unsafe km_rsa_export_encrypted_pkcs8(
                        handle.pointer,
                        start,
                        text.count,
                        Int32(iterations),
                        1,
                        size
                    )
                }
            }
        }
    }

    /// The pair as PKCS#8 PEM in the clear.
    ///
    /// Whoever reads it holds the key: write it only where nobody else can.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    public func insecurePKCS8PEM() throws -> SecretBytes {
        try unsafe adoptedSecret { unsafe km_rsa_export_pkcs8(handle.pointer, 1, $0) }
    }

    /// The pair as PKCS#8 DER in the clear.
    ///
    /// Whoever reads it holds the key: write it only where nobody else can.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    public func insecurePKCS8DER() throws -> SecretBytes {
        try unsafe adoptedSecret { unsafe km_rsa_export_pkcs8(handle.pointer, 0, $0) }
    }
}

extension RSAPrivateKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Tells the size alone.
    public var description: String { "RSAPrivateKey(\(bitCount) bits, redacted)" }

    /// Tells the size alone.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
