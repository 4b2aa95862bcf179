import ArgumentParser
import KMPARRegistry
import KMSecurity

/// The options for the registry that is measured.
struct StoreOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The SQLite file of the registry.", valueName: "file"))
    var sqlite: String?

    @Option(help: ArgumentHelp("The PostgreSQL database of the registry.", valueName: "connection"))
    var postgresql: String?

    @Option(help: "The PostgreSQL schema of the registry.")
    var schema = "km_par"

    @Option(help: "The number of connections, or readers of SQLite, and of batches at the same time.")
    var connections = 4

    @Flag(help: "Give the registry both look-up keys, as during a rotation.")
    var bothKeys = false

    @Flag(help: "Keep no encrypted PANs.")
    var unsealed = false

    func validate() throws {
        guard (sqlite == nil) != (postgresql == nil) else {
            throw ValidationError("give the store with --sqlite FILE or --postgresql CONNECTION")
        }
    }

    /// Opens the registry, or creates it, calls `body`, and closes the store.
    ///
    /// - Parameters:
    ///   - assignment: How the registry chooses new PARs; nil for derived ones.
    ///   - body: Uses the registry.
    /// - Returns: What `body` returns.
    /// - Throws: ``KMError`` for a store that cannot be used, and what `body` throws.
    func use<Result>(
        assignment: PARRegistry.Assignment? = nil,
        _ body: (PARRegistry) async throws -> Result
    ) async throws -> Result {
        var configuration = PARRegistry.Configuration(
            lookupKeys: try TestKey.lookupKeys(both: bothKeys),
            assignment: try assignment ?? .derived(TestKey.tokenizer)
        )
        configuration.sealingKeys = unsealed ? [] : try TestKey.sealingKeys
        configuration.parallelBatchCount = connections
        let store = try store()
        do {
            let result = try await body(PARRegistry(store, configuration, creates: true))
            await store.close()
            return result
        } catch {
            await store.close()
            throw error
        }
    }

    private func store() throws -> any PARRegistryStore {
        #if SQLite
        if let sqlite { return try SQLitePARStore(path: sqlite, creates: true, readerCount: connections) }
        #endif
        #if PostgreSQL
        if let postgresql {
            var configuration = PostgreSQLPARStore.Configuration(connectionString: postgresql)
            configuration.schema = schema
            configuration.connectionCount = connections
            return try PostgreSQLPARStore(configuration)
        }
        #endif
        throw ValidationError("RegistryLoad was built without this store; build it with --traits SQLite,PostgreSQL")
    }
}

extension PARRegistry {
    /// The number of cards of a kind.
    func count(_ kind: CardKind) async throws -> Int { try await statistics().cards[kind] ?? 0 }
}
