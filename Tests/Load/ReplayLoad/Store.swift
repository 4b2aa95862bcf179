#if PostgreSQL || Redis
import KMPostgreSQL
import KMRedis
import KMSecurity

/// A replay guard on the store that is tested.
struct Store: Sendable {
    struct Unknown: Error {}

    let replayGuard: any ReplayGuard
    let run: @Sendable () async -> Void
    let close: @Sendable () async -> Void

    /// Opens a guard.
    ///
    /// - Parameters:
    ///   - kind: `postgresql` or `redis`.
    ///   - place: The connection string, or the port on 127.0.0.1.
    ///   - isFirst: Whether this server creates what the store needs.
    /// - Returns: The guard.
    /// - Throws: ``Unknown`` if the kind is not built; the errors of the guard.
    static func open(_ kind: String, _ place: String, isFirst: Bool) async throws -> Store {
        #if PostgreSQL
        if kind == "postgresql" {
            let replayGuard = try PostgreSQLReplayGuard(.init(connectionString: place))
            if isFirst { try await replayGuard.createTable() }
            return Store(
                replayGuard: replayGuard,
                run: { await replayGuard.run() },
                close: { await replayGuard.close() }
            )
        }
        #endif
        #if Redis
        if kind == "redis", let port = Int(place) {
            let replayGuard = try RedisReplayGuard(.init(address: .insecurePlaintext(host: "127.0.0.1", port: port)))
            return Store(
                replayGuard: replayGuard,
                run: { await replayGuard.run() },
                close: { await replayGuard.close() }
            )
        }
        #endif
        throw Unknown()
    }
}
#endif
