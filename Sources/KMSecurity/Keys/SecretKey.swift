public import KMPrimitives

/// The secret that an access key names, made ready to sign and verify.
///
/// It prints redacted.
public struct SecretKey: Sendable {
    /// RFC 2104 section 3 discourages keys shorter than the hash's 32 bytes.
    public static let recommendedByteCount = 32

    /// How many bytes the secret has.
    public let byteCount: Int
    let hmac: HMACSHA256

    /// Takes the secret's bytes: of a text, its UTF-8, as the platform uses it.
    ///
    /// - Throws: ``KMError`` `invalidSize` for an empty secret, under which anyone could sign;
    ///   `cryptographyUnavailable`.
    public init(_ bytes: SecretBytes) throws {
        guard bytes.count > 0 else { throw KMError(.invalidSize, "the secret key is empty") }
        byteCount = bytes.count
        hmac = try HMACSHA256(key: bytes)
    }

    /// Whether it has fewer than ``recommendedByteCount`` bytes.
    ///
    /// Such a key works, since sandboxes hand out short ones; warn of it, for one of 6 characters can be found by trial
    /// from a single token.
    public var isShort: Bool { byteCount < Self.recommendedByteCount }
}

extension SecretKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Tells the size alone.
    public var description: String { "SecretKey(\(byteCount) bytes, redacted)" }

    /// Tells the size alone.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
