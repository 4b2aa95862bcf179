#if PKCS11
internal import CKMPKCS11
internal import Foundation
internal import KMSecurity
internal import Synchronization

/// A PKCS#11 module: the shared library with which the maker of an HSM gives access to it.
///
/// A module is loaded and initialized once per process, however often ``load(_:parameters:probeDeadline:)`` is called,
/// and stays loaded until the process ends, unless you call ``finalize()``.
///
/// If another library in this process initialized the module before, the package uses it and never finalizes it. If another
/// library finalizes the module, load it again.
///
/// After a `fork`, a child process cannot use the modules that its parent has loaded. Load a module only in the process that
/// uses it.
public final class PKCS11Module: Sendable {
    /// The path of the module's file.
    public let path: String
    let handle: ModuleHandle

    private let parameters: String?
    private let process = km_p11_process()

    /// What this process knows of modules, by path.
    private struct Known {
        var loaded: [String: PKCS11Module] = [:]
        /// The modules whose initialization failed.
        ///
        /// They stay loaded, since they may have threads or exit handlers.
        var uninitialized: [String: ModuleHandle] = [:]
        /// The modules that answered a child process, and are not tried in a child again.
        var probed: Set<String> = []
    }

    private static let known = Mutex(Known())
    /// Lets one thread at a time load a module, since loading takes long and must happen once.
    private static let loading = NSLock()

    private init(path: String, handle: ModuleHandle, parameters: String?) {
        (self.path, self.handle, self.parameters) = (path, handle, parameters)
    }

    /// Loads and initializes a module, or returns the module that this process already has.
    ///
    /// A module is tried in a child process first, because a faulty one can crash or hang, and would take this process
    /// with it. Load modules when your program starts, before it has many threads: the child is a copy of this process
    /// (`fork`), and locks that other threads hold at that moment stay locked in it. If the child does not finish, a
    /// second one is tried before the module is reported. A module that answered a child is not tried in one again.
    ///
    /// - Parameters:
    ///   - path: The absolute path of the module's file.
    ///   - parameters: A text for the module's initialization, which NSS requires; nil for most modules. It applies only
    ///     when the module is not yet loaded.
    ///   - probeDeadline: How long the child process may take, 10 s by default; nil to load the module without a child.
    /// - Returns: The module.
    /// - Throws: ``KMError`` `hsmModuleUnusable`, also if the parent of a forked process has loaded the module.
    public static func load(
        _ path: String,
        parameters: String? = nil,
        probeDeadline: Duration? = .seconds(10)
    ) async throws -> PKCS11Module {
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw KMError(.hsmModuleUnusable, "the path of a PKCS#11 module must be absolute")
        }
        // A symbolic link and its target are one library in this process.
        let real = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
        if let other = known.withLock({ $0.loaded[real] }), other.process != km_p11_process() {
            throw KMError(
                .hsmModuleUnusable,
                "\(path) was loaded before this process was forked; load it only in the process that uses it"
            )
        }
        return try await onThread {
            try loading.withLock { try loadAlone(path, real, parameters, probeDeadline) }
        }
    }

    /// Does the work of ``load(_:parameters:probeDeadline:)``, one thread at a time.
    private static func loadAlone(
        _ path: String,
        _ real: String,
        _ parameters: String?,
        _ probeDeadline: Duration?
    ) throws -> PKCS11Module {
        let (loaded, earlier, isProbed) = known.withLock {
            ($0.loaded[real], $0.uninitialized[real], $0.probed.contains(real))
        }
        if let loaded {
            // Another library may have finalized the module.
            if try loaded.handle.isLost() { try loaded.handle.initialize(loaded.parameters) }
            return loaded
        }
        if let probeDeadline, !isProbed {
            let fault = try ModuleHandle.probe(real, parameters, probeDeadline)
            known.withLock { _ = $0.probed.insert(real) }
            if let fault { throw fault }
        }
        let handle = try earlier ?? ModuleHandle(real)
        known.withLock { $0.uninitialized[real] = handle }
        try handle.initialize(parameters)
        let module = PKCS11Module(path: path, handle: handle, parameters: parameters)
        known.withLock {
            $0.uninitialized[real] = nil
            $0.loaded[real] = module
        }
        return module
    }

    /// Returns the URIs of the tokens that are present and answer within 30 s.
    ///
    /// - Throws: ``KMError`` `hsmUnavailable`.
    public func tokens() async throws -> [PKCS11URI] {
        try await onThread(for: .seconds(30)) { [handle] in
            try translatingFailures { try handle.uriTexts(ofTokensIn: handle.slots()).map { try PKCS11URI($0) } }
        }
    }

    /// Ends the module's work in this process (`C_Finalize`), so that it can be loaded again with other parameters.
    ///
    /// Close all tokens of the module before. Their keys fail afterwards. If another library initialized the module,
    /// this only removes the module from the list of loaded ones.
    ///
    /// - Throws: ``KMError`` `hsmUnavailable`.
    public func finalize() async throws {
        try await onThread { [self] in
            try Self.loading.withLock {
                try translatingFailures { try handle.finalize() }
                Self.known.withLock { known in known.loaded = known.loaded.filter { $0.value !== self } }
            }
        }
    }
}

/// Runs a blocking function on a thread of its own, so that it does not block Swift's tasks.
///
/// - Parameters:
///   - duration: How long to wait for it; nil for no limit. The thread stays until the function returns.
///   - body: The function.
/// - Returns: What `body` returned.
/// - Throws: What `body` threw; ``KMError`` `hsmUnavailable` if the time is over.
func onThread<Value: Sendable>(
    for duration: Duration? = nil,
    _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await Answer.wait { answer in
        Thread.detachNewThread { answer.give(Result { try body() }) }
        guard let duration else { return }
        Task {
            try await Task.sleep(for: duration)
            answer.give(
                .failure(KMError(.hsmUnavailable, "the PKCS#11 module did not answer in \(duration); check the HSM"))
            )
        }
    }
}
#endif
