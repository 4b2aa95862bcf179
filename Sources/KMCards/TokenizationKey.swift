public import KMPrimitives

/// The secret under which PARs are derived from PANs, made ready, with the version that is part of every derivation.
///
/// A PAR is for good: whoever loses this key cannot derive it again, and whoever changes it gets other PARs. It prints
/// redacted. It is a type of its own, so that no other secret is used in its place.
public struct TokenizationKey: Sendable {
    /// The sizes that are taken, in bytes: at least 128 bits, and no more than one block of the hash.
    public static let byteCounts = 16...64
    /// How many random bytes to make one of: 32, 256 bits.
    public static let generatedByteCount = 32

    /// The key's number among those of its owner; the same secret under another version derives other PARs.
    public let version: UInt32
    /// Ten upper-case hexadecimal digits by which two sites tell that they hold the same key and version.
    ///
    /// They are derived from the key, apart from all PARs, and tell nothing of it. Two keys share them by chance once in
    /// 10^12.
    public let keyCheckValue: String

    let hmac: HMACSHA256

    /// Takes the key's bytes, which should be random: 32 of `SecretBytes(randomCount:)` are what to start with.
    ///
    /// - Throws: ``KMError`` `invalidSize` for fewer than 16 or more than 64 bytes, and for fewer than 32 that are
    ///   hexadecimal digits alone, which would be a key of fewer than 128 bits; `cryptographyUnavailable`.
    public init(_ bytes: SecretBytes, version: UInt32 = 1) throws {
        guard Self.byteCounts.contains(bytes.count) else {
            throw KMError(.invalidSize, "a tokenization key of \(counted(bytes.count, "byte")); 16 to 64 are due")
        }
        guard bytes.count >= 32 || !bytes.isHexadecimal else {
            let bitCount = 4 * bytes.count
            throw KMError(.invalidSize, "a key of \(bytes.count) hexadecimal digits has \(bitCount) bits; 128 are due")
        }
        self.version = version
        hmac = try HMACSHA256(key: bytes)
        keyCheckValue = try PARDerivation.keyCheckValue(hmac, version: version)
    }
}

extension TokenizationKey {
    /// Reads a key from a file, which holds its bytes as they are: what `kmsec par key generate` wrote, or random bytes.
    ///
    /// One line end behind a text is not part of it; of what is no text, every byte is.
    ///
    /// - Throws: ``KMError`` `fileUnreadable`, and as ``init(_:version:)``.
    public init(contentsOfFile path: String, version: UInt32 = 1) throws {
        let content = try SecretBytes(contentsOfFile: path)
        // The last of 32 random bytes is a line end once in 256 times.
        try self.init(content.isText ? content.withoutTrailingNewline() : content, version: version)
    }
}

extension SecretBytes {
    fileprivate var isHexadecimal: Bool {
        withBytes { bytes in bytes.indices.allSatisfy { bytes[$0].isHexadecimal } }
    }

    /// Whether it is ASCII without control characters, line ends aside.
    fileprivate var isText: Bool {
        withBytes { bytes in
            bytes.indices.allSatisfy { (0x20..<0x7F).contains(bytes[$0]) || bytes[$0] == 10 || bytes[$0] == 13 }
        }
    }
}

extension TokenizationKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Tells version and key check value.
    public var description: String { "TokenizationKey(version \(version), KCV \(keyCheckValue), redacted)" }

    /// Tells version and key check value.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
