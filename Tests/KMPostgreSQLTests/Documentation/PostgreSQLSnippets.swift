#if PostgreSQL
import KMPostgreSQL
import Logging

/// The Swift block of the page of KMPostgreSQL, exact but for its indentation.
enum PostgreSQLSnippets {
    static func share(_ connectionString: String, logger: Logger) async throws -> PostgreSQLReplayGuard {
        let replayGuard = try PostgreSQLReplayGuard(.init(connectionString: connectionString), logger: logger)
        try await replayGuard.createTable()
        try await replayGuard.check()
        return replayGuard
    }
}
#endif
