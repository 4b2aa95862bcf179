public import KMPrimitives

/// A secret key with a version, from which a ``PARTokenizer`` derives PARs.
///
/// A card keeps its PAR forever. If you lose this key, you cannot derive the PARs again. If you change the key or its
/// version, you get different PARs. The key is printed redacted. It has its own type, so that no other secret can be
/// used by mistake.
public struct TokenizationKey: Sendable {
    /// The accepted sizes in bytes, from 128 bits to one block of the hash.
    public static let byteCounts = 16...64
    /// The recommended size of a new key, 32 random bytes.
    public static let generatedByteCount = 32

    /// The key's version, a number that its owner assigns.
    ///
    /// The same secret with another version derives different PARs.
    public let version: UInt32
    /// Ten upper-case hexadecimal digits that two sites compare to confirm that they have the same key and version.
    ///
    /// The value is derived from the key, separately from all PARs, and does not reveal the key. Two different keys
    /// have the same value with a probability of 1 in 10^12.
    public let keyCheckValue: String

    let hmac: HMACSHA256

    /// Creates a key from its bytes.
    ///
    /// - Parameters:
    ///   - bytes: The key, 16 to 64 random bytes. For a new key, use ``generatedByteCount`` bytes of
    ///     `SecretBytes(randomCount:)`.
    ///   - version: The key's version.
    /// - Throws: ``KMError`` `invalidSize` if `bytes` has fewer than 16 or more than 64 bytes, or if it consists of
    ///   fewer than 32 hexadecimal digits and thus has fewer than 128 bits, or `cryptographyUnavailable` if OpenSSL
    ///   fails.
    public init(_ bytes: SecretBytes, version: UInt32 = 1) throws {
        guard Self.byteCounts.contains(bytes.count) else {
            throw KMError(.invalidSize, "a tokenization key must have 16 to 64 bytes; got \(bytes.count)")
        }
        guard bytes.count >= 32 || !bytes.isHexadecimal else {
            let bitCount = 4 * bytes.count
            throw KMError(
                .invalidSize,
                "a tokenization key must have 128 bits or more; \(bytes.count) hexadecimal digits have \(bitCount)"
            )
        }
        self.version = version
        hmac = try HMACSHA256(key: bytes)
        keyCheckValue = try PARDerivation.keyCheckValue(hmac, version: version)
    }
}

extension TokenizationKey {
    /// Reads a key from a file that contains its bytes as they are.
    ///
    /// The file holds the output of `kmsec par key generate`, or random bytes. If its content is ASCII text, one line
    /// ending at the end is not part of the key. Otherwise every byte is.
    ///
    /// - Parameters:
    ///   - path: The file's path.
    ///   - version: The key's version.
    /// - Throws: ``KMError`` `fileUnreadable` if the file cannot be read, or the same errors as ``init(_:version:)``.
    public init(contentsOfFile path: String, version: UInt32 = 1) throws {
        try self.init(SecretBytes(contentsOfKeyFile: path), version: version)
    }
}

extension TokenizationKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The version and the key check value, without the key.
    public var description: String { "TokenizationKey(version \(version), KCV \(keyCheckValue), redacted)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children, so that the key is not shown.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
