/// A source of the current keyring, which a client or server reads for each message.
///
/// Use a ``CryptoKeyring`` itself if the keys do not change, or a ``LiveKeyring`` to replace them while the process
/// runs. Implement this protocol to load keys from elsewhere.
public protocol KeyringSource: Sendable {
    /// The current keyring.
    ///
    /// It is read for each message, so return a keyring that is already in memory. While nothing changes, return copies
    /// of the same keyring. A client or server that sees a new keyring prepares its keys and starts with an empty
    /// data-key cache.
    var keyring: CryptoKeyring { get }
    /// What counts the uses of the keys; nil, the default, for nothing.
    ///
    /// A client or server reads it once, when it is created.
    var census: KeyCensus? { get }
}

extension KeyringSource {
    /// Nothing.
    public var census: KeyCensus? { nil }
}

extension CryptoKeyring: KeyringSource {
    /// This keyring.
    public var keyring: CryptoKeyring { self }
}

/// A keyring that you can replace while the process runs, for example in a rotation.
///
/// A call in progress ends with the keyring that it began with.
public final class LiveKeyring: KeyringSource {
    private let current: Locked<CryptoKeyring>

    /// Creates a live keyring from its first value.
    public init(_ keyring: CryptoKeyring) {
        current = Locked(keyring)
    }

    /// The current keyring.
    public var keyring: CryptoKeyring { current.withLock { $0 } }

    /// Replaces the keyring with the one that a closure returns.
    ///
    /// - Parameter change: The closure, which receives the current keyring. It is called again if another update came
    ///   first, so that no update is lost.
    /// - Throws: The error of `change`. The keyring is then not replaced.
    public func update(_ change: (CryptoKeyring) throws -> CryptoKeyring) rethrows {
        var isDone = false
        while !isDone {
            let old = keyring
            let new = try change(old)
            isDone = current.withLock { keyring in
                guard keyring.isCopy(of: old) else { return false }
                keyring = new
                return true
            }
        }
    }
}
