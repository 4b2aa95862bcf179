public import KMPrimitives

/// The secret key that an access key identifies, prepared to sign and verify tokens.
///
/// It is in memory, or in a device that computes the MACs. It prints redacted.
public struct SecretKey: Sendable {
    /// The recommended minimum size in bytes: 32, the size of a SHA-256 hash.
    ///
    /// RFC 2104 section 3 discourages shorter keys.
    public static let recommendedByteCount = 32

    private enum Place: Sendable {
        case memory(HMACSHA256)
        case elsewhere(any MessageAuthenticator)
    }

    /// The size of the secret key in bytes; nil if it is elsewhere.
    public let byteCount: Int?
    private let place: Place

    /// Creates a secret key from its bytes.
    ///
    /// If the secret key is text, pass its UTF-8 bytes, as the platform does.
    ///
    /// - Throws: ``KMError`` `invalidSize` if there are no bytes, because anyone could sign under an empty key;
    ///   `cryptographyUnavailable`.
    public init(_ bytes: SecretBytes) throws {
        guard bytes.count > 0 else { throw KMError(.invalidSize, "the secret key is empty") }
        byteCount = bytes.count
        place = .memory(try HMACSHA256(key: bytes))
    }

    /// Creates a secret key that is elsewhere, such as in an HSM.
    ///
    /// Clients and servers use it like one in memory, and wait for the device. ``TranTokenSigner`` and
    /// ``TranTokenVerifier`` need keys in memory.
    ///
    /// A server asks the device once for each such key of the caller that a request names, before it knows whether the
    /// request is genuine. Limit the rate of requests. The time of a rejection reveals whether an access key exists,
    /// and how many secret keys it has.
    ///
    /// - Parameter authenticator: The key in the device.
    public init(elsewhere authenticator: any MessageAuthenticator) {
        byteCount = nil
        place = .elsewhere(authenticator)
    }

    /// Whether the secret key is known to have fewer than ``recommendedByteCount`` bytes.
    ///
    /// A short key works, because sandboxes issue short ones. Warn about it: an attacker who has a single token can
    /// brute-force a key of 6 characters.
    public var isShort: Bool { byteCount.map { $0 < Self.recommendedByteCount } ?? false }

    /// Whether the key is in a device, so that only it can compute MACs.
    package var isElsewhere: Bool {
        if case .elsewhere = place { true } else { false }
    }

    /// The key in memory.
    ///
    /// - Throws: ``KMError`` `secretKeyElsewhere` if it is in a device.
    package var hmac: HMACSHA256 {
        get throws {
            guard case .memory(let hmac) = place else {
                throw KMError(
                    .secretKeyElsewhere,
                    "the secret key is not in memory, and only ClientSecurity and ServerSecurity wait for another place"
                )
            }
            return hmac
        }
    }

    /// Computes the MAC of a body, wherever the key is.
    ///
    /// It suspends only if the key is elsewhere.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`; the error of the device, within a ``DeviceFailure`` if it is a
    ///   ``KMError``.
    nonisolated(nonsending) package func authenticate(_ body: [UInt8]) async throws -> HMACSHA256.MAC {
        switch place {
        case .memory(let hmac): try hmac.authenticate(body)
        case .elsewhere(let authenticator):
            try await DeviceFailure.wrapping { try await authenticator.mac(of: SecretBytes(copying: body)) }
        }
    }
}

extension SecretKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The size only.
    public var description: String {
        byteCount.map { "SecretKey(\($0) bytes, redacted)" } ?? "SecretKey(elsewhere)"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension KMError.Code {
    /// The secret key is in a device, and the operation needs it in memory.
    public static let secretKeyElsewhere = Self("secretKeyElsewhere")
}
