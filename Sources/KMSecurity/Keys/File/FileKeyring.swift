internal import KMPrimitives
public import Logging

/// A keyring that follows a keyring file: clients and servers use the new keys without a restart.
///
/// Run ``run(interval:)`` as a task, or as a service of swift-service-lifecycle, whose protocol it satisfies:
/// `extension FileKeyring: @retroactive Service {}`. Or call ``reload()`` yourself, for example on a signal. A file
/// that cannot be read, or that is older than the one in use, changes nothing: the keyring stays as it is, and the
/// fault is logged. A call in progress ends with the keyring that it began with.
public final class FileKeyring: KeyringSource {
    private struct State {
        var keyring: CryptoKeyring
        var file: KeyringFile
        var protection: KeyringProtection
        var identity: FileIdentity?
        var digest: [UInt8]
    }

    private let store: KeyringStore
    private let state: Locked<State>
    /// One reload at a time; requests do not wait for it.
    private let reloading = Locked(())
    private let logger: Logger?

    /// Reads a keyring file.
    ///
    /// Deriving the key from the passphrases takes about half a second and 128 MiB for each custodian.
    ///
    /// - Parameters:
    ///   - path: The path of the file.
    ///   - passphrases: The passphrases of its custodians.
    ///   - logger: The logger that receives each change at notice level and each fault at error level.
    /// - Throws: ``KMError`` `fileUnreadable`; `keyringFileInvalid`, `malformedJSON` or `limitExceeded` if the file is
    ///   malformed; `passphraseWrong`, `passphraseRequired`; the errors of `passphrases`; the errors of private keys in
    ///   files of their own.
    public init(path: String, passphrases: KeyringPassphrases, logger: Logger? = nil) throws {
        store = KeyringStore(path: path, passphrases: passphrases)
        self.logger = logger
        state = Locked(try Self.read(store, known: nil))
    }

    /// The current keyring.
    public var keyring: CryptoKeyring { state.withLock { $0.keyring } }

    /// The current contents of the file.
    public var file: KeyringFile { state.withLock { $0.file } }

    /// Reads the file again if it has changed.
    ///
    /// - Returns: Whether there is a new keyring.
    /// - Throws: ``KMError`` as ``init(path:passphrases:logger:)``; `keyringFileOlder` if the file has an older
    ///   generation than the one in use, or the same generation with other contents. The keyring then stays as it is.
    @discardableResult
    public func reload() throws -> Bool {
        try reloading.withLock { _ in
            let (old, known) = state.withLock { ($0, $0.protection) }
            guard FileIdentity(path: store.path) != old.identity else { return false }
            let new = try Self.read(store, known: known)
            guard new.digest != old.digest else {
                state.withLock { $0.identity = new.identity }
                return false
            }
            guard new.file.generation > old.file.generation else {
                throw KMError(
                    .keyringFileOlder,
                    "the keyring file has generation \(new.file.generation), and generation \(old.file.generation) is in "
                        + "use; an older file is never loaded: copy the newest one here"
                )
            }
            state.withLock { $0 = new }
            logger?.notice(
                "keyring loaded",
                metadata: ["km.generation": "\(new.file.generation)", "km.keyring": "\(new.file)"]
            )
            return true
        }
    }

    /// Follows the file until the task is cancelled.
    ///
    /// - Parameter interval: The time between two looks at the file; up to 30 s while it cannot be loaded.
    public func run(interval: Duration = .seconds(1)) async {
        var lastFault = ""
        var wait = interval
        while !Task.isCancelled {
            try? await Task.sleep(for: wait)
            do {
                try reload()
                (lastFault, wait) = ("", interval)
            } catch {
                // An error of the passphrases' source may quote its input: only its type is logged.
                let fault = error is KMError ? "\(error)" : "\(type(of: error))"
                if fault != lastFault {
                    logger?.error("keyring not loaded; the old one stays in use", metadata: ["km.detail": "\(fault)"])
                }
                // A wrong passphrase costs half a second of a core each time.
                (lastFault, wait) = (fault, min(max(wait * 2, interval), max(interval, .seconds(30))))
            }
        }
    }

    /// Follows the file until the task is cancelled, once a second.
    public func run() async { await run(interval: .seconds(1)) }

    private static func read(_ store: KeyringStore, known: KeyringProtection?) throws -> State {
        // Before the file is read: if it changes in between, the next look finds another identity.
        let identity = FileIdentity(path: store.path)
        let (document, digest) = try store.openWithDigest(known: known)
        let keyring = try document.file.keyring { path in
            let path = path.hasPrefix("/") ? path : directory(of: store.path) + path
            return try RSAPrivateKey(parsing: SecretBytes(contentsOfFile: path))
        }
        return State(
            keyring: keyring,
            file: document.file,
            protection: document.protection,
            identity: identity,
            digest: digest
        )
    }
}

extension KMError.Code {
    /// A keyring file has an older generation than the one in use.
    public static let keyringFileOlder = Self("keyringFileOlder")
}
