#if PKCS11
internal import KMPrimitives
public import KMSecurity
internal import Synchronization

/// The private keys in HSMs that keyring files name by PKCS#11 URIs (RFC 7512).
///
/// Pass it to ``FileKeyring``. Each key connects when it is used first, and keys of one token share its sessions. Call
/// ``connect()`` when a server starts, so that a wrong PIN or a missing key shows at once.
///
/// A URI needs `module-path`. Load a module that requires parameters, such as that of NSS, before with
/// ``PKCS11Module/load(_:parameters:probeDeadline:)``.
public final class PKCS11PrivateKeys: PrivateKeySource {
    private struct State {
        var keys: [String: NamedKey] = [:]
        var tokens: [String: SharedConnection<PKCS11Token>] = [:]
    }

    /// Whether the source was closed, for connections that are made later.
    private final class Closing: Sendable {
        private let isDone = Atomic(false)

        func finish() { isDone.store(true, ordering: .sequentiallyConsistent) }

        func check() throws {
            guard !isDone.load(ordering: .sequentiallyConsistent) else {
                throw KMError(.hsmUnavailable, "the private keys of the HSM were closed; make a new PKCS11PrivateKeys")
            }
        }
    }

    private let pin: PKCS11PIN?
    private let configuration: PKCS11Token.Configuration
    private let state = Mutex(State())
    private let closing = Closing()

    /// Creates a source.
    ///
    /// - Parameters:
    ///   - pin: Where the PIN is of tokens whose URI has no `pin-source`; nil if all have one, or need none.
    ///   - configuration: The options of each token's connection.
    public init(pin: PKCS11PIN? = nil, configuration: PKCS11Token.Configuration = PKCS11Token.Configuration()) {
        (self.pin, self.configuration) = (pin, configuration)
    }

    /// Returns the private key that a URI names, without waiting for the HSM.
    ///
    /// - Parameter uri: The URI, with `module-path`.
    /// - Returns: The private key, the same one for the same URI.
    /// - Throws: ``KMError`` `hsmURIInvalid` if the URI is malformed, has no `module-path`, or has neither
    ///   `object` nor `id`;
    ///   `hsmUnavailable` after ``close()``.
    public func privateKey(at uri: String) throws -> any ContentKeyUnwrapper {
        let parsed = try PKCS11URI(uri)
        guard parsed.modulePath != nil else {
            throw PKCS11URI.invalid("a keyring needs module-path, as in pkcs11:…?module-path=/path/of/the/module.so")
        }
        guard parsed.namesKey else { throw PKCS11URI.invalid("it must name the key with object or id") }
        let tokenName =
            "\(try parsed.tokenDescription())\n\(parsed.modulePath ?? "")\n\(parsed.pinSource?.description ?? "")"
        return try state.withLock { state in
            try closing.check()
            if let known = state.keys[uri] { return known }
            let token =
                state.tokens[tokenName]
                ?? SharedConnection { [pin, configuration, closing] in
                    try closing.check()
                    let pin = parsed.pinSource ?? pin
                    let token = try await PKCS11Token.open(parsed, pin: pin, configuration: configuration)
                    do { try closing.check() } catch {
                        await token.close()
                        throw error
                    }
                    return token
                }
            state.tokens[tokenName] = token
            let key = NamedKey(parsed, token)
            state.keys[uri] = key
            return key
        }
    }

    /// Connects to all keys that a keyring has asked for, and checks that each can decrypt.
    ///
    /// - Throws: ``KMError`` as ``PKCS11Token/open(_:module:pin:configuration:)`` and ``PKCS11Token/privateKey(_:)``.
    public func connect() async throws {
        for key in state.withLock({ Array($0.keys.values) }) { _ = try await key.connection.value() }
    }

    /// Closes the sessions of all tokens, after the calls in progress.
    ///
    /// Later calls of the keys throw ``KMError`` `hsmUnavailable`.
    public func close() async {
        closing.finish()
        let tokens = state.withLock { Array($0.tokens.values) }
        for token in tokens { await token.existing()?.close() }
    }

    /// A key that connects when it is used first.
    private final class NamedKey: ContentKeyUnwrapper {
        let connection: SharedConnection<PKCS11PrivateKey>

        init(_ uri: PKCS11URI, _ token: SharedConnection<PKCS11Token>) {
            connection = SharedConnection { try await token.value().privateKey(uri) }
        }

        func unwrap(_ key: WrappedContentKey) async throws -> SecretBytes? {
            try await connection.value().unwrap(key)
        }
    }
}

extension PKCS11PrivateKeys: CustomStringConvertible, CustomReflectable {
    /// The number of keys.
    public var description: String { "PKCS11PrivateKeys(\(state.withLock { $0.keys.count }) keys)" }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
#endif
