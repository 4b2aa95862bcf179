import Foundation
import KMPARRegistry
import KMSecurity
import Testing

#if PostgreSQL
import KMPostgreSQL
import KMPostgreSQLTestSupport
#endif

/// A place for a registry, which several stores can open, as several processes would.
final class TestStore: Sendable {
    enum Kind: String, Sendable, CaseIterable, CustomTestStringConvertible {
        case memory
        #if SQLite
        case sqlite
        #endif
        #if PostgreSQL
        case postgresql
        #endif

        /// The kinds that this build and this machine have.
        static var available: [Kind] {
            #if PostgreSQL
            PostgreSQLServer.commands == nil ? allCases.filter { $0 != .postgresql } : allCases
            #else
            allCases
            #endif
        }

        var testDescription: String { rawValue }
    }

    #if PostgreSQL
    private static let server = Result<PostgreSQLServer, any Error> {
        let server = try PostgreSQLServer()
        try server.start(options: "-c max_connections=500")
        return server
    }

    /// The cluster must not outlive the tests.
    private static let removal: Void = { _ = atexit { try? TestStore.server.get().remove() } }()
    #endif

    let kind: Kind
    /// The folder of a file, or nothing.
    let folder: String
    /// The name of the schema in PostgreSQL.
    let schema = "par_\(UInt32.random(in: 0...(.max)))"
    private let memory = MemoryPARStore()

    init(_ kind: Kind) throws {
        self.kind = kind
        folder = NSTemporaryDirectory() + "km-registry-\(UInt64.random(in: 0...(.max)))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var path: String { "\(folder)/registry.sqlite" }

    /// Opens the registry once more.
    ///
    /// - Parameter connectionCount: The number of connections to PostgreSQL.
    /// - Returns: The store.
    /// - Throws: What the store throws.
    func open(connectionCount: Int = 3) throws -> any PARRegistryStore {
        switch kind {
        case .memory: return memory
        #if SQLite
        case .sqlite: return try SQLitePARStore(path: path, creates: true)
        #endif
        #if PostgreSQL
        case .postgresql:
            _ = Self.removal
            var configuration = PostgreSQLPARStore.Configuration(
                connectionString: try Self.server.get().connectionString()
            )
            configuration.schema = schema
            configuration.connectionCount = connectionCount
            return try PostgreSQLPARStore(configuration)
        #endif
        }
    }

    #if PostgreSQL
    /// Executes a statement in PostgreSQL, in which `SCHEMA` stands for the name of the schema.
    func executeInPostgreSQL(_ sql: String) throws {
        try queryInPostgreSQL(sql.replacing("SCHEMA", with: "\"\(schema)\""))
    }

    /// Executes a statement in PostgreSQL, and returns its rows.
    @discardableResult
    func queryInPostgreSQL(_ sql: String) throws -> PostgreSQLResult { try Self.server.get().query(sql) }
    #endif
}

/// Keys and cards of the tests.
enum Fixture {
    static func secret(_ byte: UInt8) throws -> SecretBytes {
        try SecretBytes(copying: [UInt8](repeating: byte, count: 32))
    }

    static func lookupKey(_ version: UInt32) throws -> PANLookupKey {
        try PANLookupKey(secret(UInt8(version)), version: version)
    }

    static func sealingKey(_ version: UInt32) throws -> PANSealingKey {
        try PANSealingKey(secret(UInt8(100 + version)), version: version)
    }

    static func tokenizer() throws -> PARTokenizer { try PARTokenizer(TokenizationKey(secret(200))) }

    static func access() throws -> RegistryAccess { try RegistryAccess(actor: "tester", reason: "a test") }

    /// The PAN with a number, whose first digits no issuer has.
    static func pan(_ number: Int) throws -> PAN {
        let digits = "000012" + String(repeating: "0", count: 9 - "\(number)".count) + "\(number)"
        for check in 0...9 {
            if let pan = try? PAN("\(digits)\(check)") { return pan }
        }
        throw KMError(.panMalformed)
    }

    static func configuration(
        _ versions: [UInt32] = [1],
        sealing: [UInt32] = [1],
        random: Bool = false
    ) throws -> PARRegistry.Configuration {
        var configuration = PARRegistry.Configuration(
            lookupKeys: try versions.map(lookupKey),
            assignment: random ? .random(.platform) : .derived(try tokenizer())
        )
        configuration.sealingKeys = try sealing.map(sealingKey)
        return configuration
    }
}
