import ArgumentParser
import KMCommandLine
import KMSecurity

#if PKCS11
import KMPKCS11
#endif

/// The options for the PIN of an HSM.
struct HSMOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The file with the PIN of the HSM, for a pkcs11: URI without pin-source; one trailing newline is ignored.",
            valueName: "file"
        ),
        completion: .file()
    )
    var pinFile: String?

    @Option(help: ArgumentHelp("The descriptor to read the PIN of the HSM from.", valueName: "number"))
    var pinFd: Int32?

    @Option(help: ArgumentHelp("The environment variable with the PIN of the HSM.", valueName: "name"))
    var pinEnv: String?

    func validate() throws {
        guard [pinFile != nil, pinFd != nil, pinEnv != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("give one of --pin-file, --pin-fd and --pin-env")
        }
    }

    /// Checks that no PIN is given for a key that is not in an HSM.
    func check(_ keys: String?...) throws {
        guard pinFile != nil || pinFd != nil || pinEnv != nil else { return }
        guard keys.contains(where: { $0.map(HSMKey.isURI) ?? false }) else {
            throw ValidationError("the PIN is for a key in an HSM; name one by a pkcs11: URI")
        }
    }

    #if PKCS11
    /// Connects to the token that a URI names.
    ///
    /// - Parameter uri: The URI. Its `pin-source` applies if there is no option for the PIN.
    /// - Returns: The connection.
    /// - Throws: ``KMError`` of the module KMPKCS11.
    func open(_ uri: PKCS11URI) async throws -> PKCS11Token {
        let pin = try pin() ?? uri.pinSource
        if let path = pin?.filePath { warnIfExposed(path) }
        var configuration = PKCS11Token.Configuration()
        configuration.onWarning = { Messages.warning($0) }
        return try await PKCS11Token.open(uri, pin: pin, configuration: configuration)
    }

    private func pin() throws -> PKCS11PIN? {
        if let pinFile { return .file(pinFile) }
        if let pinFd { return try .descriptor(pinFd) }
        return pinEnv.map { .environment($0) }
    }
    #endif
}

/// A private key in an HSM, which a URI of RFC 7512 names.
enum HSMKey {
    /// Whether an argument is a URI and not a path.
    static func isURI(_ text: String) -> Bool { text.lowercased().hasPrefix("pkcs11:") }

    /// Connects to a token, finds the key, and closes the connection after `body`.
    ///
    /// - Parameters:
    ///   - uri: The URI of the key.
    ///   - options: The PIN.
    ///   - body: Uses the key.
    /// - Returns: What `body` returns.
    /// - Throws: ``KMError`` of the module KMPKCS11; what `body` throws.
    static func use<Result>(
        _ uri: String,
        _ options: HSMOptions,
        _ body: (any ContentKeyUnwrapper) async throws -> Result
    ) async throws -> Result {
        #if PKCS11
        let uri = try PKCS11URI(uri)
        let token = try await options.open(uri)
        do {
            let result = try await body(token.privateKey(uri))
            await token.close()
            return result
        } catch {
            await token.close()
            throw error
        }
        #else
        throw KMError.missing("PKCS#11", trait: "PKCS11")
        #endif
    }
}

/// The private keys of a keyring file that is only looked at.
struct UnusedPrivateKeys: PrivateKeySource {
    private struct Unused: ContentKeyUnwrapper {
        func unwrap(_ key: WrappedContentKey) throws -> SecretBytes? {
            throw KMError(.privateKeyElsewhere, "the private key is not used here")
        }
    }

    func privateKey(at uri: String) -> any ContentKeyUnwrapper { Unused() }
}

extension KMError {
    /// The error of a tool that was built without a trait.
    ///
    /// - Parameters:
    ///   - what: What the trait brings.
    ///   - trait: The trait.
    /// - Returns: The error.
    static func missing(_ what: String, trait: String) -> KMError {
        KMError(
            .traitMissing,
            "this kmsec was built without \(what); build it with: swift build -c release --product kmsec --traits \(trait)"
        )
    }
}

extension KMError.Code {
    /// The tool was built without the trait that the command needs.
    static let traitMissing = Self("traitMissing")
}
