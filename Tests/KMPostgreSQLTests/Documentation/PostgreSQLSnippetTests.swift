#if PostgreSQL
import KMPostgreSQL
import Logging
import Testing

extension PostgreSQLTests {
    @Suite("The page's code")
    struct PostgreSQLSnippetTests {
        @Test("The guard has its table, and passes its check")
        func share() async throws {
            let claims = try PostgreSQLTests.claims()
            let replayGuard = try await PostgreSQLSnippets.share(claims.connectionString, logger: Logger(label: "km"))
            #expect("\(replayGuard)" == "PostgreSQLReplayGuard(km_replay, 250000 per caller)")
            await replayGuard.close()
        }
    }
}
#endif
