/// What a client or server takes its keyring from, for each message anew.
///
/// A ``CryptoKeyring`` is a source that never changes. ``LiveKeyring`` is one that you replace while the process runs.
/// Implement this protocol to load keys from elsewhere.
public protocol KeyringSource: Sendable {
    /// The current keyring.
    ///
    /// It is asked for with every message: return a value that is in memory. While nothing changes, return copies of one
    /// ring; a client or server prepares the keys of a new ring when it first sees it, and its data-key cache starts empty.
    var keyring: CryptoKeyring { get }
}

extension CryptoKeyring: KeyringSource {
    /// The ring itself.
    public var keyring: CryptoKeyring { self }
}

/// A keyring that is replaced while the process runs, as after a step of a rotation.
///
/// A call that has begun ends with the ring with which it began.
public final class LiveKeyring: KeyringSource {
    private let current: Locked<CryptoKeyring>

    /// Creates a source of a ring.
    public init(_ keyring: CryptoKeyring) {
        current = Locked(keyring)
    }

    /// The current keyring.
    public var keyring: CryptoKeyring { current.withLock { $0 } }

    /// Replaces the ring by the one that `change` makes of it.
    ///
    /// - Throws: The error of `change`; the ring then stays as it is.
    public func update(_ change: (CryptoKeyring) throws -> CryptoKeyring) rethrows {
        try current.withLock { $0 = try change($0) }
    }
}
