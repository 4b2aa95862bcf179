#if PKCS11
internal import CKMPKCS11
internal import KMSecurity
public import Logging
internal import Synchronization

/// A connection to a token: an HSM, a partition of one, or a smart card.
///
/// Its calls run on threads of its own, each with a session, and never block Swift's threads. If a session is lost, or the
/// token was removed and inserted again, a call is repeated once with a new session, a new login and a new search for
/// the key.
///
/// A PIN with which a login failed is not tried again in this process, and no PIN is tried if one more wrong one would lock
/// the token.
public final class PKCS11Token: Sendable {
    /// The options of a connection.
    public struct Configuration: Sendable {
        /// The largest number of sessions, and of threads, 8 by default.
        ///
        /// If the token allows fewer sessions, its number applies.
        public var maximumSessionCount = 8
        /// The largest number of calls that wait for a session, 1024 by default; further ones fail at once.
        public var maximumWaitingCount = 1024
        /// How long a call may wait for a session, and how long it may then take in the HSM, 30 s by default.
        ///
        /// After that, the call fails with `hsmUnavailable`. The module cannot be interrupted, so the thread of a call
        /// stays until the module returns, and counts as one of ``maximumSessionCount``. A key pair may take 20 times
        /// as long to generate.
        public var maximumCallDuration = Duration.seconds(30)
        /// Whether a PIN is tried if one more wrong PIN locks the token; false by default.
        public var allowsLastPINTry = false
        /// The logger that receives warnings, for example before the last try of a PIN; nil to log nothing.
        public var logger: Logger?

        /// Receives the text of each warning about the PIN, for programs without a logger.
        package var onWarning: (@Sendable (String) -> Void)?

        /// Creates the default options.
        public init() {}
    }

    let module: PKCS11Module
    let pool: SessionPool
    let logger: Logger?
    private let state: State

    /// The URI of the token.
    public let uri: PKCS11URI

    /// Where the token is, and how to log in.
    fileprivate final class State: Sendable {
        let module: ModuleHandle
        let identity: TokenInfo.Identity
        let login: LoginGuard.Options
        let slot: Mutex<UInt>

        init(_ module: ModuleHandle, _ slot: UInt, _ token: TokenInfo, _ pin: PKCS11PIN?, _ options: Configuration) {
            (self.module, identity) = (module, token.identity)
            let (logger, onWarning) = (options.logger, options.onWarning)
            login = LoginGuard.Options(pin: pin, allowsLastPINTry: options.allowsLastPINTry) { text, uri in
                logger?.warning("\(text)", metadata: ["token": "\(uri)"])
                onWarning?("\(uri): \(text)")
            }
            self.slot = Mutex(slot)
        }

        /// Opens a session and logs in.
        ///
        /// The token can be in another slot than before.
        func open(writes: Bool = false) throws -> Session {
            let slot = try findSlot()
            let session = try Session(module, slot: slot, writes: writes)
            try LoginGuard.of(module, identity).login(session, login)
            return session
        }

        func findSlot() throws -> UInt {
            let last = slot.withLock { $0 }
            if let token = try? module.tokenInfo(last), token.identity == identity { return last }
            // A token that is removed during the search is skipped.
            let found = try module.slots().first { (try? module.tokenInfo($0))?.identity == identity }
            guard let found else { throw PKCS11Failure(function: "C_GetSlotList", rv: KM_CKR_TOKEN_NOT_PRESENT) }
            slot.withLock { $0 = found }
            return found
        }
    }

    private init(_ module: PKCS11Module, _ state: State, _ uri: PKCS11URI, _ limit: Int, _ options: Configuration) {
        (self.module, self.state, self.uri, logger) = (module, state, uri, options.logger)
        let callDuration = options.maximumCallDuration
        pool = SessionPool(limit: limit, waitingLimit: options.maximumWaitingCount, callDuration: callDuration) {
            try state.open()
        }
    }

    /// Connects to the one token that a URI matches, and logs in.
    ///
    /// - Parameters:
    ///   - uri: The URI of the token, or of an object in it.
    ///   - module: The module; nil to load that of the URI's `module-path`.
    ///   - pin: Where the PIN is; nil for the URI's `pin-source`. A token with a keypad needs none.
    ///   - configuration: The options.
    /// - Returns: The connection. Its sessions are closed by ``close()``, or when the last use of it ends.
    /// - Throws: ``KMError`` `hsmTokenNotFound` if no token matches, or several; `hsmModuleUnusable`; `hsmPINMissing`,
    ///   `hsmPINRejected` or `hsmPINLocked`; `hsmUnavailable`; `fileUnreadable` or `environmentVariableMissing` if the
    ///   PIN cannot be read.
    public static func open(
        _ uri: PKCS11URI,
        module: PKCS11Module? = nil,
        pin: PKCS11PIN? = nil,
        configuration: Configuration = Configuration()
    ) async throws -> PKCS11Token {
        let module = if let module { module } else { try await load(uri) }
        let token = try await onThread(for: configuration.maximumCallDuration) {
            try translatingFailures {
                let slot = try slot(of: uri, module.handle)
                let info = try module.handle.tokenInfo(slot)
                let limit = max(1, min(configuration.maximumSessionCount, info.maximumSessionCount ?? .max))
                let state = State(module.handle, slot, info, pin ?? uri.pinSource, configuration)
                let found = try PKCS11URI(module.handle.uriText(ofTokenIn: slot))
                return PKCS11Token(module, state, found, limit, configuration)
            }
        }
        // The first session shows whether the PIN is right.
        try await token.pool.run { _ in }
        return token
    }

    private static func load(_ uri: PKCS11URI) async throws -> PKCS11Module {
        guard let path = uri.modulePath else {
            throw KMError(
                .hsmModuleUnusable,
                "the URI names no module; add ?module-path=/path/of/the/module.so, or pass a PKCS11Module"
            )
        }
        return try await PKCS11Module.load(path)
    }

    private static func slot(of uri: PKCS11URI, _ module: ModuleHandle) throws -> UInt {
        let parsed = try uri.parsed()
        let slots = try module.slots()
        let matching = try slots.filter { try module.matches(parsed, $0) }
        guard matching.count == 1 else {
            let shown = try module.uriTexts(ofTokensIn: matching.isEmpty ? slots : matching).prefix(16)
                .map { "\n  \($0)" }.joined()
            let fault =
                matching.isEmpty
                ? "no token matches \(uri); \(slots.isEmpty ? "the module has none" : "the module has:\(shown)")"
                : "\(matching.count) tokens match \(uri); add token or serial, so that one matches:\(shown)"
            throw KMError(.hsmTokenNotFound, fault)
        }
        return matching[0]
    }

    /// Waits for the calls that are in progress, fails those that wait, and closes the sessions.
    ///
    /// It waits at most ``Configuration/maximumCallDuration``. A call that the module does not finish keeps its session.
    ///
    /// Later calls fail with `hsmUnavailable`.
    public func close() async { await pool.close() }

    /// Calls `body` with a session that can write, beside the session of the thread.
    ///
    /// The generation of keys takes longer than other calls.
    func writing<Value: Sendable>(_ body: @escaping @Sendable (Session) throws -> Value) async throws -> Value {
        try await pool.run(isRepeatable: false, durationFactor: 20) { [state] _ in
            let session = try state.open(writes: true)
            defer { session.close() }
            return try body(session)
        }
    }

    /// Checks that a URI of a key does not name another token.
    static func check(_ uri: PKCS11URI, _ session: Session) throws {
        guard try session.module.matches(uri.parsed(), session.slot) else {
            let found = try session.module.uriText(ofTokenIn: session.slot)
            throw KMError(.hsmTokenNotFound, "\(uri) names another token than \(found); open that token")
        }
    }

    /// The number of sessions that this process has open with the token; nil if the token does not say.
    func sessionCount() async throws -> Int? {
        try await onThread { [state] in
            try translatingFailures { try state.module.tokenInfo(state.findSlot()).sessionCount }
        }
    }
}

extension PKCS11Token: CustomStringConvertible, CustomReflectable {
    /// The URI of the token.
    public var description: String { "PKCS11Token(\(uri))" }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
#endif
