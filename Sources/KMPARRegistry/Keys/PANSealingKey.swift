internal import KMPrimitives
public import KMSecurity

/// A PAN that is encrypted for storage, so that a registry can compute its hash under a new look-up key.
public struct SealedPAN: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The version only.
    public var description: String { "SealedPAN(version \(version), redacted)" }
    /// The same as ``description``.
    public var debugDescription: String { description }
    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// The version of the sealing key.
    public let version: UInt32
    /// The IV (12 bytes), the ciphertext (20) and the tag (16).
    public let bytes: [UInt8]

    /// The size of every sealed PAN in bytes: 48.
    public static let byteCount = 48

    /// Creates a sealed PAN that a store has kept, or returns nil for any other number of bytes.
    ///
    /// - Parameters:
    ///   - version: The version of the sealing key.
    ///   - bytes: The 48 bytes.
    public init?(version: UInt32, bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        (self.version, self.bytes) = (version, bytes)
    }
}

/// The secret key under which a registry encrypts PANs.
///
/// It encrypts with AES-256-GCM and a random IV, and authenticates the key's version and the PAR, so that a sealed PAN
/// cannot be moved to another account. All sealed PANs have the same size. Encrypt at most 2^32 PANs per key (NIST
/// SP 800-38D section 8.3). The key is printed redacted.
public struct PANSealingKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The size in bytes: 32.
    public static let byteCount = 32

    /// The version and the check value.
    public let name: RegistryKeyName
    private let cipher: AESGCM
    /// An HMAC under the key, which computes the check value and nothing else.
    let hmac: HMACSHA256
    /// An HMAC under the text of the key's file, for a look-up key or tokenization key that has the same file.
    let textHMAC: HMACSHA256?

    /// Creates a key from its bytes.
    ///
    /// - Parameters:
    ///   - bytes: The key, 32 random bytes, such as `SecretBytes(randomCount: 32)`.
    ///   - version: The key's version.
    /// - Throws: ``KMError`` `invalidSize` for another size, or `cryptographyUnavailable` if OpenSSL fails.
    public init(_ bytes: SecretBytes, version: UInt32 = 1) throws {
        try self.init(bytes, version, text: nil)
    }

    private init(_ bytes: SecretBytes, _ version: UInt32, text: SecretBytes?) throws {
        guard bytes.count == Self.byteCount else {
            throw KMError(.invalidSize, "a sealing key must have 32 bytes; got \(bytes.count)")
        }
        cipher = try AESGCM(key: bytes)
        hmac = try HMACSHA256(key: bytes)
        textHMAC = try text.map { try HMACSHA256(key: $0) }
        name = try RegistryKeyName(
            version: version,
            keyCheckValue: KeyedMessage("KMSecurity PSC 1", version).checkValue(under: hmac)
        )
    }

    /// Reads a key from a file: 64 hexadecimal digits, such as `kmsec par key generate` makes, or 32 bytes.
    ///
    /// - Parameters:
    ///   - path: The file's path.
    ///   - version: The key's version.
    /// - Throws: ``KMError`` `fileUnreadable` if the file cannot be read, or as ``init(_:version:)``.
    public init(contentsOfFile path: String, version: UInt32 = 1) throws {
        let content = try SecretBytes(contentsOfKeyFile: path)
        var key = content
        if content.count == 2 * Self.byteCount, content.isHexadecimal {
            key = try content.withBytes { digits in
                try SecretBytes(capacity: Self.byteCount) { output in
                    for index in 0..<Self.byteCount {
                        output.append(digits[2 * index].hexadecimalValue << 4 | digits[2 * index + 1].hexadecimalValue)
                    }
                }
            }
        }
        try self.init(key, version, text: content)
    }

    /// Encrypts a PAN for the account with the given PAR.
    ///
    /// The plaintext is the number of digits in one byte and the digits in ASCII, padded with zeros to 20 bytes.
    ///
    /// - Parameters:
    ///   - pan: The PAN.
    ///   - par: The PAR of its account.
    /// - Returns: The sealed PAN.
    /// - Throws: ``KMError`` `cryptographyUnavailable` if OpenSSL fails.
    public func seal(_ pan: PAN, for par: PAR) throws -> SealedPAN {
        let plaintext = try SecretBytes(capacity: 20) { output in
            output.append(UInt8(pan.digitCount))
            pan.withDigits { digits in for index in digits.indices { output.append(digits[index]) } }
            while output.count < 20 { output.append(0) }
        }
        let iv = try SecureRandom.bytes(AESGCM.ivByteCount)
        let associated = associatedData(par)
        let sealed = try plaintext.withBytes { plaintext in
            try cipher.seal(plaintext, iv: iv.span, associatedData: associated.span)
        }
        guard let result = SealedPAN(version: name.version, bytes: iv + sealed.ciphertext + sealed.tag) else {
            throw KMError(.cryptographyUnavailable, "OpenSSL returned a ciphertext of another size")
        }
        return result
    }

    /// Decrypts a PAN.
    ///
    /// - Parameters:
    ///   - sealed: The sealed PAN.
    ///   - par: The PAR of its account.
    /// - Returns: The PAN.
    /// - Throws: ``KMError`` `authenticationFailed` if it was sealed under another key or for another PAR, or was
    ///   changed, or `cryptographyUnavailable` if OpenSSL fails.
    public func open(_ sealed: SealedPAN, for par: PAR) throws -> PAN {
        let (bytes, associated) = (sealed.bytes, associatedData(par))
        let plaintext = try cipher.openSecret(
            bytes.span.extracting(12..<32),
            tag: bytes.span.extracting(32..<48),
            iv: bytes.span.extracting(0..<12),
            associatedData: associated.span
        )
        return try plaintext.withBytes { bytes in
            let count = Int(bytes[0])
            guard PAN.digitCounts.contains(count) else { throw KMError(.authenticationFailed) }
            return try PAN(bytes.extracting(1..<1 + count))
        }
    }

    private func associatedData(_ par: PAR) -> [UInt8] {
        let version = (0..<4).map { UInt8(truncatingIfNeeded: name.version >> UInt32(24 - 8 * $0)) }
        return Array("KMSecurity PSP 1".utf8) + version + Array(par.text.utf8)
    }

    /// The version and the check value, without the key.
    public var description: String { "PANSealingKey(\(name), redacted)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children, so that the key is not shown.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
