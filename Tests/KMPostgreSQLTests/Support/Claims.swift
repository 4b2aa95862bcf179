#if PostgreSQL
import KMPostgreSQL
import KMPostgreSQLTestSupport
import KMSecurity
import KMSecurityTestSupport
import Logging

/// Makes guards and requests for the tests.
struct Claims {
    let server: PostgreSQLServer
    /// The connection string of the guards.
    var connectionString: String
    /// The name of the table, which each test has for itself.
    let table = "replay_\(UInt32.random(in: 0...(.max)))"
    let requests = ReplayRequests()

    init(server: PostgreSQLServer) { (self.server, connectionString) = (server, server.connectionString()) }

    func configuration(_ change: (inout PostgreSQLReplayGuard.Configuration) -> Void = { _ in })
        -> PostgreSQLReplayGuard.Configuration
    {
        var configuration = PostgreSQLReplayGuard.Configuration(connectionString: connectionString)
        configuration.table = table
        change(&configuration)
        return configuration
    }

    /// Creates guards, and the table.
    func guards(
        _ count: Int,
        logger: Logger? = nil,
        _ change: (inout PostgreSQLReplayGuard.Configuration) -> Void = { _ in }
    ) async throws -> [PostgreSQLReplayGuard] {
        let creator = try PostgreSQLReplayGuard(configuration())
        try await creator.createTable()
        await creator.close()
        return try (0..<count).map { _ in try PostgreSQLReplayGuard(configuration(change), logger: logger) }
    }
}
#endif
