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
/// If another library in this process initialized the module before, the package uses it and never finalizes it. After a
/// `fork`, a child process cannot use the modules of its parent: load them in the process that uses them.
public final class PKCS11Module: Sendable {
    /// The path of the module's file.
    public let path: String
    let handle: ModuleHandle

    private static let loaded = Mutex<[String: PKCS11Module]>([:])
    /// Lets one thread at a time load a module, since loading takes long and must happen once.
    private static let loading = NSLock()

    private init(path: String, handle: ModuleHandle) {
        (self.path, self.handle) = (path, handle)
    }

    /// Loads and initializes a module, or returns the module that this process already has.
    ///
    /// A module is tried in a child process first, because a faulty one can crash or hang, and would take this process
    /// with it. Load modules when your program starts, before it has many threads: the child is a copy of this process
    /// (`fork`), and locks that other threads hold at that moment stay locked in it. If the child does not finish, a
    /// second one is tried before the module is reported.
    ///
    /// - Parameters:
    ///   - path: The absolute path of the module's file.
    ///   - parameters: A text for the module's initialization, which NSS requires; nil for most modules. It applies only
    ///     when the module is not yet loaded.
    ///   - probeDeadline: How long the child process may take, 10 s by default; nil to load the module without a child.
    /// - Returns: The module.
    /// - Throws: ``KMError`` `hsmModuleUnusable`.
    public static func load(
        _ path: String,
        parameters: String? = nil,
        probeDeadline: Duration? = .seconds(10)
    ) async throws -> PKCS11Module {
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw KMError(.hsmModuleUnusable, "the path of a PKCS#11 module must be absolute")
        }
        return try await onThread {
            try loading.withLock {
                // A symbolic link and its target are one library in this process.
                let real = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
                if let known = loaded.withLock({ $0[real] }) { return known }
                if let probeDeadline { try ModuleHandle.probe(real, parameters, probeDeadline) }
                let module = PKCS11Module(path: path, handle: try ModuleHandle(real, parameters))
                loaded.withLock { $0[real] = module }
                return module
            }
        }
    }

    /// Returns the URIs of the tokens that are present and answer.
    ///
    /// - Throws: ``KMError`` `hsmUnavailable`.
    public func tokens() async throws -> [PKCS11URI] {
        try await onThread { [handle] in
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
                Self.loaded.withLock { loaded in loaded = loaded.filter { $0.value !== self } }
            }
        }
    }
}

/// Runs a blocking function on a thread of its own, so that it does not block Swift's tasks.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}
#endif
