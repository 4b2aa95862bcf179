import ArgumentParser
import KMCommandLine
import KMPARRegistry
import KMSecurity

/// A key file and the version of its key, as in `2=keys/lookup-2`.
struct VersionedKeyFile: ExpressibleByArgument {
    let version: UInt32
    let path: String

    /// Reads `FILE`, or `VERSION=FILE`; nil if either is missing or the version is too large.
    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, !parts[0].isEmpty, parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            guard let version = UInt32(parts[0]) else { return nil }
            (self.version, path) = (version, String(parts[1]))
        } else {
            (version, path) = (1, argument)
        }
        guard !path.isEmpty else { return nil }
    }

    static var defaultCompletionKind: CompletionKind { .file() }
}

/// The options for a registry: its store and its keys.
struct RegistryOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The SQLite file of the registry.", valueName: "file"), completion: .file())
    var sqlite: String?

    @Option(
        help: ArgumentHelp(
            "The PostgreSQL database: libpq's keywords and values, or a URI. The password, if any, is in ~/.pgpass or PGPASSWORD.",
            valueName: "connection"
        )
    )
    var postgresql: String?

    @Option(help: ArgumentHelp("The PostgreSQL schema of the registry.", valueName: "name"))
    var schema = "km_par"

    @Flag(help: "Accept a PostgreSQL server over a network without a check of its certificate.")
    var insecureAllowUnverifiedServer = false

    @Option(
        help: ArgumentHelp(
            "A look-up key file, as FILE (version 1) or VERSION=FILE; during a rotation, give both.",
            valueName: "file"
        )
    )
    var lookupKey: [VersionedKeyFile] = []

    @Option(
        help: ArgumentHelp(
            "A key file that encrypts the kept card numbers, as FILE or VERSION=FILE. If there are several, the first encrypts new ones. Without one, no card number is kept.",
            valueName: "file"
        )
    )
    var sealingKey: [VersionedKeyFile] = []

    @Option(
        help: ArgumentHelp(
            "A tokenization key file, as FILE or VERSION=FILE, which derives the PARs of new accounts. Without one, they are random.",
            valueName: "file"
        )
    )
    var tokenizationKey: VersionedKeyFile?

    @Option(
        help: "The first characters of new PARs: 2 for PARs of 27 characters, 4 for EMVCo's of 29 (default: Q1).",
        transform: PAR.Prefix.init(_:)
    )
    var prefix = PAR.Prefix.platform

    /// Returns the usage text of a command.
    ///
    /// - Parameters:
    ///   - command: The name of the command.
    ///   - own: The options and arguments that only this command has, one line each.
    /// - Returns: The text.
    static func usage(_ command: String, _ own: String...) -> String {
        let call = "kmsec par registry \(command) "
        let lines =
            [
                "(--sqlite <file> | --postgresql <connection> [--schema <name>]",
                "[--insecure-allow-unverified-server])",
                "--lookup-key <file> ... [--sealing-key <file> ...]",
                "[--tokenization-key <file>] [--prefix <prefix>]",
            ] + own
        return call + lines.joined(separator: "\n" + String(repeating: " ", count: call.count))
    }

    func validate() throws {
        guard (sqlite == nil) != (postgresql == nil) else {
            throw ValidationError(
                sqlite == nil
                    ? "give the store with --sqlite FILE or --postgresql CONNECTION"
                    : "give --sqlite or --postgresql, not both"
            )
        }
        if let postgresql, postgresql.contains(/password *=|:\/\/[^\/@]*:[^\/@]*@/) {
            throw ValidationError("other users can see arguments; give the password in ~/.pgpass or as PGPASSWORD")
        }
    }

    /// Checks that a look-up key is given, which all commands need but one.
    func requireLookupKey() throws {
        guard !lookupKey.isEmpty else {
            throw ValidationError("give the look-up key with --lookup-key FILE; kmsec par key generate makes one")
        }
    }

    /// Opens the registry, calls `body`, and closes the store.
    ///
    /// - Parameters:
    ///   - creates: Whether a registry is created if there is none.
    ///   - body: Uses the registry.
    /// - Returns: What `body` returns.
    /// - Throws: ``KMError`` for keys and stores that cannot be used, and what `body` throws.
    func use<Result>(
        creates: Bool = false,
        _ body: (PARRegistry) async throws -> Result
    ) async throws -> Result {
        try requireLookupKey()
        let configuration = try configuration()
        return try await useStore(creates: creates) { store in
            try await body(PARRegistry(store, configuration, creates: creates))
        }
    }

    /// Opens the store, calls `body`, and closes the store.
    ///
    /// - Parameters:
    ///   - creates: Whether a store is created if there is none.
    ///   - body: Uses the store.
    /// - Returns: What `body` returns.
    /// - Throws: ``KMError`` for stores that cannot be used, and what `body` throws.
    func useStore<Result>(
        creates: Bool = false,
        _ body: (any PARRegistryStore) async throws -> Result
    ) async throws -> Result {
        let store = try store(creates: creates)
        do {
            let result = try await body(store)
            await store.close()
            return result
        } catch {
            await store.close()
            throw error
        }
    }

    private func configuration() throws -> PARRegistry.Configuration {
        for file in lookupKey + sealingKey + (tokenizationKey.map { [$0] } ?? []) { warnIfExposed(file.path) }
        let assignment: PARRegistry.Assignment =
            if let tokenizationKey {
                .derived(
                    try PARTokenizer(
                        TokenizationKey(contentsOfFile: tokenizationKey.path, version: tokenizationKey.version),
                        prefix: prefix
                    )
                )
            } else {
                .random(prefix)
            }
        var configuration = PARRegistry.Configuration(
            lookupKeys: try lookupKey.map { try PANLookupKey(contentsOfFile: $0.path, version: $0.version) },
            assignment: assignment
        )
        configuration.sealingKeys = try sealingKey.map {
            try PANSealingKey(contentsOfFile: $0.path, version: $0.version)
        }
        return configuration
    }

    private func store(creates: Bool) throws -> any PARRegistryStore {
        if let sqlite {
            #if SQLite
            return try SQLitePARStore(path: sqlite, creates: creates)
            #else
            throw KMError.missing("SQLite (\(sqlite))", trait: "SQLite")
            #endif
        }
        #if PostgreSQL
        var configuration = PostgreSQLPARStore.Configuration(connectionString: postgresql ?? "")
        configuration.schema = schema
        configuration.insecureAllowingUnverifiedServer = insecureAllowUnverifiedServer
        return try PostgreSQLPARStore(configuration)
        #else
        throw KMError.missing("PostgreSQL", trait: "PostgreSQL")
        #endif
    }
}

/// The options that say who uses a logged privilege and why.
struct RegistryAccessOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Who does it; the registry logs it.", valueName: "name"))
    var actor: String

    @Option(
        help: ArgumentHelp("Why it is done; the registry logs it. It must not name a card number.", valueName: "text")
    )
    var reason: String

    func access() throws -> RegistryAccess { try RegistryAccess(actor: actor, reason: reason) }
}
