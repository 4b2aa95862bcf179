internal import CKMOpenSSL

/// An RSA key pair of 2048 to 8192 bits.
///
/// The private key stays in OpenSSL's memory. Copies of this value share that memory, and OpenSSL cleanses it
/// (overwrites it with zeros) when the last copy is released. A key prints redacted.
///
/// You can export the private key only with ``encryptedPKCS8PEM(passphrase:iterations:)``, with
/// ``write(encryptedPEMToNewFile:passphrase:iterations:)``, and with the two methods whose names begin with `insecure`.
public struct RSAPrivateKey: Sendable {
    /// The hash function that RSAES-OAEP and its MGF1 use.
    package enum OAEPHash: Sendable {
        /// SHA-256, as in JOSE's RSA-OAEP-256.
        case sha256
        /// SHA-1, as in JOSE's RSA-OAEP, only for decrypting old messages; the package never encrypts with it.
        case insecureSHA1

        var code: km_hash { self == .sha256 ? KM_SHA256 : KM_SHA1 }
    }

    /// The default number of PBKDF2 iterations for an exported private key.
    public static let defaultIterations = 600_000

    let handle: RSAKeyHandle

    /// The public key of this key pair.
    public let publicKey: RSAPublicKey

    /// Takes the handle of a key pair and checks that the private key matches the public key.
    init(checking handle: RSAKeyHandle) throws {
        let result = unsafe km_rsa_check_consistency(handle.pointer)
        guard result == KM_OK else { throw RSAKeyHandle.error(result, reason: "") }
        var copy: OpaquePointer?
        guard unsafe km_rsa_copy_public(handle.pointer, &copy) == KM_OK, let copy = unsafe copy else {
            throw KMError(.cryptographyUnavailable, "OpenSSL could not copy the public key")
        }
        self.handle = handle
        publicKey = unsafe RSAPublicKey(RSAKeyHandle(adopting: copy))
    }

    /// Reads a private key from a span of bytes and checks that it matches its public key.
    ///
    /// The key can be PKCS#8 (plain or encrypted) or PKCS#1, in PEM or DER, or PKCS#12 in DER. OpenSSL never asks for a
    /// passphrase on a terminal. If `bytes` hold an unencrypted key, do not keep them longer than you need them.
    ///
    /// Reading takes a few milliseconds, or a few tenths of a second for a key of 8192 bits. Key derivation takes extra
    /// time. It is limited to 10,000,000 rounds for all parts of a file together, which take some seconds. Without a
    /// passphrase, almost no key derivation is done.
    ///
    /// - Parameters:
    ///   - bytes: The key in PEM or DER, at most 65,536 bytes.
    ///   - passphrase: The passphrase of the key, at most 1024 bytes, or nil for an unencrypted key.
    /// - Throws: ``KMError`` `malformedKey` when the bytes are not a valid private key or require too much key
    ///   derivation; `wrongKeyKind` for a public key or a certificate; `unsupportedKey` for another algorithm, another
    ///   size, or more than two primes; `passphraseRequired` when the key is encrypted and `passphrase` is nil;
    ///   `passphraseWrong` when the key does not decrypt; `legacyEncryption` for a file that needs OpenSSL's legacy
    ///   provider, such as an old PKCS#12 file with RC2; `invalidSize` for a passphrase of more than 1024 bytes;
    ///   `limitExceeded` for more than 65,536 bytes; `cryptographyUnavailable` when OpenSSL fails.
    public init(parsing bytes: Span<UInt8>, passphrase: SecretBytes? = nil) throws {
        func parse(_ passphrase: UnsafePointer<UInt8>?, _ count: Int) throws -> RSAKeyHandle {
            try KeyLimits.check(bytes.count)
            try KeyLimits.checkPassphrase(count)
            var limits = KeyLimits.shim
            var pointer: OpaquePointer?
            let (result, reason) = unsafe withReason { reason in
                unsafe bytes.withUnsafeBufferPointer {
                    unsafe km_rsa_parse_private(
                        $0.baseAddress,
                        $0.count,
                        passphrase,
                        count,
                        &limits,
                        &pointer,
                        reason
                    )
                }
            }
            return try unsafe RSAKeyHandle.make(result, pointer, reason: reason)
        }
        guard let passphrase else {
            try self.init(checking: try parse(nil, 0))
            return
        }
        let handle = try passphrase.withBytes { text in
            // An empty passphrase differs from no passphrase, so it needs an address that is not null.
            try unsafe text.withUnsafeBufferPointer { text in
                try unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1) {
                    try unsafe parse(text.baseAddress ?? UnsafePointer($0.baseAddress), text.count)
                }
            }
        }
        try self.init(checking: handle)
    }

    /// Reads a private key from an array of bytes; see ``init(parsing:passphrase:)-(Span<UInt8>,_)``.
    ///
    /// - Parameters:
    ///   - bytes: The key in PEM or DER, at most 65,536 bytes.
    ///   - passphrase: The passphrase of the key, at most 1024 bytes, or nil for an unencrypted key.
    /// - Throws: The errors of ``init(parsing:passphrase:)-(Span<UInt8>,_)``.
    public init(parsing bytes: [UInt8], passphrase: SecretBytes? = nil) throws {
        try self.init(parsing: bytes.span, passphrase: passphrase)
    }

    /// Reads a private key from secret memory; see ``init(parsing:passphrase:)-(Span<UInt8>,_)``.
    ///
    /// - Parameters:
    ///   - bytes: The key in PEM or DER, at most 65,536 bytes.
    ///   - passphrase: The passphrase of the key, at most 1024 bytes, or nil for an unencrypted key.
    /// - Throws: The errors of ``init(parsing:passphrase:)-(Span<UInt8>,_)``.
    public init(parsing bytes: SecretBytes, passphrase: SecretBytes? = nil) throws {
        self = try bytes.withBytes { try RSAPrivateKey(parsing: $0, passphrase: passphrase) }
    }

    /// Creates a key pair from its integers, all big-endian.
    ///
    /// - Parameters:
    ///   - modulus: The modulus, n.
    ///   - publicExponent: The public exponent, e.
    ///   - secrets: The private integers in the order of RFC 7518 section 6.3: d alone, or d, p, q, dp, dq and qi.
    /// - Throws: ``KMError`` `malformedKey` when an integer is missing or invalid, or when the private integers do not
    ///   match the public ones; `unsupportedKey` for another size than 2048 to 8192 bits; `cryptographyUnavailable`
    ///   when OpenSSL fails.
    public init(modulus: [UInt8], publicExponent: [UInt8], secrets: [SecretBytes]) throws {
        guard secrets.count == 1 || secrets.count == 6 else {
            throw KMError(
                .malformedKey,
                "an RSA private key must be 1 integer (d) or 6 (d, p, q, dp, dq, qi); got \(secrets.count)"
            )
        }
        try self.init(checking: try RSAKeyHandle.make(public: [modulus, publicExponent], private: secrets))
    }

    /// Generates a key pair with the public exponent 65537.
    ///
    /// This takes about a tenth of a second for 2048 bits, and seconds for 8192.
    ///
    /// - Parameter bitCount: The size of the modulus in bits, 2048 to 8192.
    /// - Returns: The new key pair.
    /// - Throws: ``KMError`` `unsupportedKey` when the size is outside ``RSAPublicKey/bitCounts``;
    ///   `cryptographyUnavailable` when OpenSSL fails.
    public static func generate(bitCount: Int = 2048) throws -> RSAPrivateKey {
        guard RSAPublicKey.bitCounts.contains(bitCount) else {
            throw KMError(.unsupportedKey, "an RSA key must have 2048 to 8192 bits; got \(bitCount) bits")
        }
        var pointer: OpaquePointer?
        let (result, reason) = unsafe withReason { unsafe km_rsa_generate(bitCount, &pointer, $0) }
        guard result == KM_OK, let pointer = unsafe pointer else {
            throw KMError(.cryptographyUnavailable, "OpenSSL could not generate a key (\(reason))")
        }
        let handle = unsafe RSAKeyHandle(adopting: pointer)
        try handle.checkSize()
        return try RSAPrivateKey(checking: handle)
    }

    /// The size of the modulus in bits.
    public var bitCount: Int { handle.bitCount }

    /// The size of the modulus in bytes, which is also the size of every ciphertext.
    public var byteCount: Int { handle.byteCount }

    /// Decrypts a message that was encrypted to ``publicKey``.
    ///
    /// For a wrapped content encryption key, use ``unwrapKey(_:byteCount:hash:)``, which hides whether decryption
    /// failed.
    ///
    /// - Throws: ``KMError`` `authenticationFailed` for every ciphertext that does not decrypt, whatever its size;
    ///   `cryptographyUnavailable` when there is no memory for the plaintext.
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
                    ) == KM_OK
                }
            }
        }
        guard done else { throw KMError(.authenticationFailed) }
        return try room.extracting(0..<count)
    }

    /// Decrypts a wrapped key, or returns random bytes if the ciphertext does not decrypt to `byteCount` bytes.
    ///
    /// Both cases take the same time. A message with a bad wrapped key therefore fails only when its tag is verified
    /// (RFC 7516 section 11.5).
    ///
    /// - Parameters:
    ///   - wrapped: The ciphertext.
    ///   - byteCount: The size of the key in bytes, 1 to 64.
    ///   - hash: The hash function of RSAES-OAEP.
    /// - Returns: The key, or `byteCount` random bytes.
    /// - Throws: ``KMError`` `invalidSize` when `byteCount` is not 1 to 64; `cryptographyUnavailable` when OpenSSL
    ///   fails for a reason that no message can cause.
    package func unwrapKey(
        _ wrapped: Span<UInt8>,
        byteCount: Int,
        hash: OAEPHash = .sha256
    ) throws -> SecretBytes {
        guard (1...64).contains(byteCount) else {
            throw KMError(.invalidSize, "a wrapped key must be 1 to 64 bytes; got \(byteCount)")
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
                        target.count,
                        start
                    ) == KM_OK
                }
            }
            guard done else { throw KMError(.cryptographyUnavailable, "OpenSSL could not decrypt with RSA-OAEP") }
        }
    }

    /// Encodes the key pair as encrypted PKCS#8 PEM.
    ///
    /// The encryption is PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC.
    ///
    /// - Parameters:
    ///   - passphrase: The passphrase that encrypts the key, 1 to 1024 bytes.
    ///   - iterations: The number of PBKDF2 iterations, 1000 to 10,000,000.
    /// - Returns: The PEM text.
    /// - Throws: ``KMError`` `invalidSize` when the passphrase or the number of iterations is outside its range;
    ///   `cryptographyUnavailable` when OpenSSL fails.
    public func encryptedPKCS8PEM(
        passphrase: SecretBytes,
        iterations: Int = RSAPrivateKey.defaultIterations
    ) throws -> [UInt8] {
        guard (1...KeyLimits.passphraseByteCount).contains(passphrase.count) else {
            throw KMError(.invalidSize, "a passphrase must be 1 to 1024 bytes; got \(passphrase.count)")
        }
        guard (1000...KeyLimits.rounds).contains(iterations) else {
            throw KMError(.invalidSize, "the number of iterations must be 1000 to 10000000; got \(iterations)")
        }
        return try passphrase.withBytes { text in
            try unsafe text.withUnsafeBufferPointer { text in
                try unsafe copiedArray { target in
                    guard let start = text.baseAddress else { return KM_MISUSED }
                    return unsafe km_rsa_export_encrypted_pkcs8(
                        handle.pointer,
                        start,
                        text.count,
                        Int32(iterations),
                        KM_PEM,
                        target
                    )
                }
            }
        }
    }

    /// Encodes the key pair as unencrypted PKCS#8 PEM.
    ///
    /// Whoever can read the result has the private key. Store it only where nobody else can read it.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    public func insecurePKCS8PEM() throws -> SecretBytes {
        try unsafe adoptedSecret { unsafe km_rsa_export_pkcs8(handle.pointer, KM_PEM, $0) }
    }

    /// Encodes the key pair as unencrypted PKCS#8 DER.
    ///
    /// Whoever can read the result has the private key. Store it only where nobody else can read it.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    public func insecurePKCS8DER() throws -> SecretBytes {
        try unsafe adoptedSecret { unsafe km_rsa_export_pkcs8(handle.pointer, KM_DER, $0) }
    }
}

extension RSAPrivateKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The size only.
    public var description: String { "RSAPrivateKey(\(bitCount) bits, redacted)" }

    /// The size only.
    public var debugDescription: String { description }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
