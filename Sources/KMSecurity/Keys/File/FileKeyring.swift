internal import Foundation
internal import KMPrimitives
public import Logging

/// A keyring that follows a keyring file: clients and servers use the new keys without a restart.
///
/// Run ``follow(interval:censusInterval:)`` as a task. With the trait `ServiceLifecycle`, `import KMServiceLifecycle` makes
/// it a service of swift-service-lifecycle. Or call ``reload()`` yourself, for example on a signal. A file
/// that cannot be read, or that is older than the one in use, changes nothing: the keyring stays as it is, and the
/// fault is logged and counted in the metric `km.keyring.reloads`. A call in progress ends with the keyring that it began with.
///
/// A file whose passphrases were changed is such a file, until the passphrases given here are the new ones too: they are
/// read again at each look at a file that has other passphrases.
public final class FileKeyring: KeyringSource {
    private struct State {
        var keyring: CryptoKeyring
        var document: KeyringDocument
        var identity: FileIdentity?
        var digest: [UInt8]
    }

    private let store: KeyringStore
    private let privateKeys: (any PrivateKeySource)?
    private let state: Locked<State>
    /// One reload at a time; requests do not wait for it.
    private let reloading = Locked(())
    private let writer: CensusWriter?
    private let logger: Logger?

    /// Reads a keyring file.
    ///
    /// Deriving the key from the passphrases takes about half a second and 128 MiB for each custodian.
    ///
    /// - Parameters:
    ///   - path: The path of the file.
    ///   - passphrases: The passphrases of its custodians.
    ///   - privateKeys: Finds the private keys that the file names by a URI; nil if it has none of these.
    ///   - node: The name of this process in the file. It then counts its uses of the keys in the census
    ///     `PATH.NODE.census`, without which no key can be retired safely. Nil for no census.
    ///   - censusDirectory: The directory of the census; nil for the directory of the file.
    ///   - logger: The logger that receives each change at notice level and each fault at error level.
    /// - Throws: ``KMError`` `fileUnreadable`; `keyringFileInvalid`, `malformedJSON` or `limitExceeded` if the file is
    ///   malformed, or does not list the node; `passphraseWrong`, `passphraseRequired`; the errors of `passphrases`; the
    ///   errors of private keys in files of their own, and of `privateKeys`; `privateKeyElsewhere` if the file names a
    ///   private key by a URI and `privateKeys` is nil; `keyringFileOlder` if the node has loaded a later generation
    ///   before; `fileLocked` if another process is the node; `fileUnwritable`.
    public init(
        path: String,
        passphrases: KeyringPassphrases,
        privateKeys: (any PrivateKeySource)? = nil,
        node: String? = nil,
        censusDirectory: String? = nil,
        logger: Logger? = nil
    ) throws {
        store = KeyringStore(path: path, passphrases: passphrases)
        self.privateKeys = privateKeys
        self.logger = logger
        let first = try Self.read(store, privateKeys, known: nil)
        writer = try node.map { node in
            guard first.document.file.nodes.contains(node) else {
                throw KeyringFile.invalid("the file does not list node \(node): kmsec keyring set FILE --node \(node)")
            }
            let censusPath = CensusFile.path(keyring: path, node: node, directory: censusDirectory)
            return try CensusWriter(path: censusPath, node: node, first.document, logger)
        }
        state = Locked(first)
    }

    /// The current keyring.
    public var keyring: CryptoKeyring { state.withLock { $0.keyring } }

    /// The current contents of the file.
    public var file: KeyringFile { state.withLock { $0.document.file } }

    /// The uses of the keys by this process; nil if it has no node's name.
    public var census: KeyCensus? { writer?.census }

    /// Reads the file again if it has changed.
    ///
    /// - Returns: Whether there is a new keyring.
    /// - Throws: ``KMError`` as ``init(path:passphrases:privateKeys:node:censusDirectory:logger:)``; `keyringFileOlder` if the file has an older
    ///   generation than the one in use, or the same generation with other contents. The keyring then stays as it is.
    @discardableResult
    public func reload() throws -> Bool {
        try reloading.withLock { _ in
            let (old, known) = state.withLock { ($0, $0.document.protection) }
            guard FileIdentity(path: store.path) != old.identity else { return false }
            let new = try Self.read(store, privateKeys, known: known)
            guard new.digest != old.digest else {
                state.withLock { $0.identity = new.identity }
                return false
            }
            guard new.document.file.generation > old.document.file.generation else {
                throw KMError(
                    .keyringFileOlder,
                    "the keyring file has generation \(new.document.file.generation), and generation "
                        + "\(old.document.file.generation) is in "
                        + "use; an older file is never loaded: copy the newest one here"
                )
            }
            state.withLock { $0 = new }
            logger?.notice(
                "keyring loaded",
                metadata: ["km.generation": "\(new.document.file.generation)", "km.keyring": "\(new.document.file)"]
            )
            KeyMetrics.countReload(succeeded: true)
            // The operator waits for it.
            writeCensusLoggingFaults()
            return true
        }
    }

    /// Writes the census of this node; ``follow(interval:censusInterval:)`` does so by itself.
    ///
    /// - Parameter hasEnded: Whether the process uses no key from now on. Its census then has no gap when the process is
    ///   started again. If it does use a key, the census is written again.
    /// - Throws: ``KMError`` `fileUnwritable`, `cryptographyUnavailable`.
    public func writeCensus(hasEnded: Bool = false) throws {
        let document = state.withLock { $0.document }
        try writer?.write(document, hasEnded: hasEnded)
    }

    /// Follows the file until the task is cancelled, and writes the census.
    ///
    /// Let the task end after those that serve requests: the census then says that the process has ended. With
    /// swift-service-lifecycle, services end in the reverse of the order in which they are listed.
    ///
    /// - Parameters:
    ///   - interval: The time between two looks at the file; up to 30 s while it cannot be loaded.
    ///   - censusInterval: The time between two versions of the census.
    public func follow(interval: Duration = .seconds(1), censusInterval: Duration = .seconds(10)) async {
        let censusTime = Locked(ContinuousClock.now)
        await KMSecurity.follow(every: interval, logger, "keyring not loaded; the old one stays in use") {
            let now = ContinuousClock.now
            let isCensusTime = censusTime.withLock { time in
                guard now >= time else { return false }
                time = now + censusInterval
                return true
            }
            if isCensusTime {
                writeCensusLoggingFaults()
                KeyMetrics.reportAges(of: keyring, at: Date())
            }
            do {
                try reload()
            } catch {
                KeyMetrics.countReload(succeeded: false)
                throw error
            }
        }
        writeCensusLoggingFaults(hasEnded: true)
    }

    private func writeCensusLoggingFaults(hasEnded: Bool = false) {
        do {
            try writeCensus(hasEnded: hasEnded)
        } catch {
            logger?.error("census not written", metadata: ["km.detail": "\(error)"])
        }
    }

    private static func read(
        _ store: KeyringStore,
        _ privateKeys: (any PrivateKeySource)?,
        known: KeyringProtection?
    ) throws -> State {
        // Before the file is read: if it changes in between, the next look finds another identity.
        let identity = FileIdentity(path: store.path)
        let (document, digest) = try store.openWithDigest(known: known)
        let keyring = try document.file.keyring(from: privateKeys) { path in
            try RSAPrivateKey(contentsOfFile: store.path(ofReference: path))
        }
        return State(
            keyring: keyring,
            document: document,
            identity: identity,
            digest: digest
        )
    }
}

extension KMError.Code {
    /// A keyring file has an older generation than the one in use.
    public static let keyringFileOlder = Self("keyringFileOlder")
}
