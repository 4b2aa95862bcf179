public import KMPrimitives

/// The secret key that an access key identifies, prepared to sign and verify tokens.
///
/// It prints redacted.
public struct SecretKey: Sendable {
    /// The recommended minimum size in bytes: 32, the size of a SHA-256 hash.
    ///
    /// RFC 2104 section 3 discourages shorter keys.
    public static let recommendedByteCount = 32

    /// The size of the secret key in bytes.
    public let byteCount: Int
    package let hmac: HMACSHA256

    /// Creates a secret key from its bytes.
    ///
    /// If the secret key is text, pass its UTF-8 bytes, as the platform does.
    ///
    /// - Throws: ``KMError`` `invalidSize` if there are no bytes, because anyone could sign under an empty key;
    ///   `cryptographyUnavailable`.
    public init(_ bytes: SecretBytes) throws {
        guard bytes.count > 0 else { throw KMError(.invalidSize, "the secret key is empty") }
        byteCount = bytes.count
        hmac = try HMACSHA256(key: bytes)
    }

    /// Whether the secret key has fewer than ``recommendedByteCount`` bytes.
    ///
    /// A short key works, because sandboxes issue short ones. Warn about it: an attacker who has a single token can
    /// brute-force a key of 6 characters.
    public var isShort: Bool { byteCount < Self.recommendedByteCount }
}

extension SecretKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The size only.
    public var description: String { "SecretKey(\(byteCount) bytes, redacted)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
