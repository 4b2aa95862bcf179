#if PostgreSQL
internal import Foundation
public import KMSecurity
public import Logging

/// A replay guard in a table of PostgreSQL, which many servers share.
///
/// Create the table once, with ``createTable()`` or with the statements of ``schema``. Then give each server a guard,
/// and run it with swift-service-lifecycle, or with ``run()`` in a task of your own. Keep `run()` running as long as the
/// server receives requests: it erases expired requests and exchanges the counts of the callers.
///
/// A request is accepted only after PostgreSQL has committed its row. If the database does not answer, is restarting or
/// rejects statements, ``claim(_:)`` throws and the server rejects the request. If a connection is cut during a commit,
/// the row may exist: the request is rejected, and so are its copies. The guard reconnects by itself.
///
/// The guard checks each new connection. The server must be a primary that commits durably: `synchronous_commit` must
/// be `on` or `remote_apply`, `fsync` must be on, and the table must be logged. Its clock must not differ from this
/// server's clock by more than 30 s. If you fail over to a standby, replicate synchronously: set
/// `synchronous_standby_names`. An asynchronous standby lacks the last requests, and copies of them can pass once.
///
/// Connect directly, or through a pooler in session mode. A row takes about 200 bytes with its indexes.
public final class PostgreSQLReplayGuard: ReplayGuard {
    private let configuration: Configuration
    let table: ReplayTable
    let pool: PostgreSQLPool
    let quota: SharedReplayQuota
    private let batcher: ClaimBatcher

    /// Creates a guard and starts to connect.
    ///
    /// The database does not have to be reachable yet. Call ``check()`` to learn whether it is.
    ///
    /// - Parameters:
    ///   - configuration: The connection and the limits.
    ///   - logger: The logger that receives the start of an outage at error level, and its end at notice level.
    /// - Throws: ``KMError`` `configurationInvalid` if the connection string or the table's name is malformed.
    public init(_ configuration: Configuration, logger: Logger? = nil) throws {
        try PostgreSQLConnection.check(connectionString: configuration.connectionString)
        self.configuration = configuration
        let table = try ReplayTable(configuration.table)
        self.table = table
        pool = PostgreSQLPool(
            PostgreSQLPool.Configuration(
                connectionString: configuration.connectionString,
                applicationName: "KMSecurity replay guard",
                connectionCount: configuration.connectionCount,
                timeout: configuration.timeout,
                prepare: { try ReplayDatabaseCheck(configuration, table).prepare($0) }
            ),
            name: "replay guard",
            logger: logger
        )
        quota = SharedReplayQuota(limit: configuration.capacityPerCaller)
        batcher = ClaimBatcher(pool, table, waitingLimit: configuration.maximumClaimCount)
    }

    deinit { pool.close() }

    /// Claims a request; see ``ReplayGuard/claim(_:)``.
    ///
    /// - Parameter request: The request to remember.
    /// - Returns: The answer; ``ReplayClaim/forgotten`` if the request expired more than 30 s ago by the clock of the
    ///   database.
    /// - Throws: ``KMError`` `replayStoreUnavailable` if the database does not answer within about twice the timeout,
    ///   or rejects the statement; `replayGuardFull` if it has no room. A copy of the request can then get
    ///   ``ReplayClaim/replayed``, although no request got ``ReplayClaim/first``.
    public func claim(_ request: ReplayClaimRequest) async throws -> ReplayClaim {
        guard let reservation = quota.reserve(request) else { return .callerFull(limit: quota.limit) }
        switch await batcher.claim(request) {
        case .stored:
            quota.confirm(reservation)
            return .first
        case .replayed:
            quota.cancel(reservation)
            return .replayed
        case .forgotten:
            quota.cancel(reservation)
            return .forgotten
        case .failed(let error, let isNotStored):
            if isNotStored { quota.cancel(reservation) } else { quota.confirm(reservation) }
            throw error.asGuardError(table)
        }
    }

    /// Checks that the database is reachable, and that its settings and the table are as required.
    ///
    /// Call it when your server starts, to find a wrong configuration before the first request.
    ///
    /// - Throws: ``KMError`` `replayStoreUnavailable`, with the reason and what to do.
    public func check() async throws {
        let (configuration, table) = (configuration, table)
        try await throwingGuardErrors {
            try await pool.perform { try ReplayDatabaseCheck(configuration, table).check($0) }
        }
    }

    /// Creates the tables and the index, unless they exist.
    ///
    /// It uses a connection of its own, whose user must be the owner of the schema or have its CREATE privilege.
    ///
    /// - Throws: ``KMError`` `replayStoreUnavailable`, with the reason.
    public func createTable() async throws {
        let (configuration, statements) = (configuration, table.creation)
        try await throwingGuardErrors {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                Thread.detachNewThread {
                    continuation.resume(with: Result { try Self.execute(statements, configuration) })
                }
            }
        }
        pool.reconnectNow()
    }

    private static func execute(_ statements: [String], _ configuration: Configuration) throws {
        let connection = try PostgreSQLConnection(
            connectionString: configuration.connectionString,
            applicationName: "KMSecurity replay guard",
            timeout: max(configuration.timeout, .seconds(10))
        )
        for statement in statements {
            do {
                _ = try connection.query(statement)
            } catch {
                // Another server can create it at the same time.
                guard ["23505", "42P07"].contains(error.sqlState) else { throw error }
                _ = try connection.query(statement)
            }
        }
    }

    /// The SQL statements that create the tables and the index, for an operator.
    ///
    /// The guard's user needs the privileges SELECT, INSERT, UPDATE and DELETE on both tables.
    public var schema: String { table.creation.map { "\($0);\n" }.joined() }

    /// Closes the connections, after the statements in progress.
    ///
    /// Every later claim throws. A guard that is released closes its connections too. Close it before the process ends:
    /// OpenSSL then releases its memory, which a thread that connects could still use.
    public func close() async { await pool.closeAndWait() }

    /// Calls `body`, and turns its errors into ``KMError``.
    func throwingGuardErrors(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as PostgreSQLError {
            throw error.asGuardError(table)
        }
    }
}

extension PostgreSQLReplayGuard: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The name of the table and the limit of a caller.
    public var description: String { "PostgreSQLReplayGuard(\(table.name), \(quota.limit) per caller)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
#endif
