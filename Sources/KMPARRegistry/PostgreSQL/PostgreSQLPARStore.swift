#if PostgreSQL
internal import Dispatch
internal import KMPostgreSQL
internal import KMSecurity
public import Logging

/// A store in a database of PostgreSQL, which many servers share.
///
/// The tables are in a schema of their own. Whoever prepares a registry for the first time needs the privilege CREATE on
/// the database. All others need USAGE on the schema and SELECT on the table `registry`, and further privileges by what
/// they do:
///
/// - Look-ups: SELECT on the columns `hash_a`, `hash_b`, `par` and `sealing_version` of `card`.
/// - Assignments too: SELECT on all columns of `card` but `last_four`, INSERT on `card`, UPDATE on its columns `hash_a`,
///   `hash_b`, `replaced`, `sealed` and `sealing_version`, SELECT, INSERT and UPDATE on `account`, and UPDATE on
///   `registry`.
/// - The history: SELECT on `account` and `card`, INSERT on `access`, and UPDATE on `registry`.
/// - Erasures: SELECT and UPDATE on `account`, SELECT and DELETE on `card`, and INSERT on `access`.
///
/// If PostgreSQL logs statements, set `log_parameter_max_length` to 0, or hashes and sealed PANs get into its log.
///
/// A call returns when PostgreSQL has committed its effect: `synchronous_commit` must be `on` or `remote_apply`. If a
/// call fails, its effect may still be there; make it again, because every call can be repeated.
public final class PostgreSQLPARStore: PARRegistryStore {
    /// How a store connects.
    public struct Configuration: Sendable, CustomStringConvertible, CustomReflectable {
        /// The keywords and values, or the URI, that libpq documents.
        ///
        /// A connection over a network must have `sslmode=verify-full` and `sslrootcert`.
        public var connectionString: String
        /// The name of the schema that holds the tables.
        public var schema = "km_par"
        /// The number of connections, at least 1.
        public var connectionCount = 4
        /// The longest time for a statement, and the longest time that a call waits for a connection.
        public var timeout: Duration = .seconds(30)
        /// Accepts a connection over a network without TLS, or without a check of the server's name.
        ///
        /// This is insecure: an attacker on the network can read hashes and change PARs.
        public var insecureAllowingUnverifiedServer = false

        /// Creates a configuration.
        ///
        /// - Parameter connectionString: The keywords and values, or the URI, that libpq documents.
        public init(connectionString: String) { self.connectionString = connectionString }

        /// The name of the schema, without the connection string, which can contain a password.
        public var description: String { "PostgreSQLPARStore.Configuration(\(schema))" }

        /// Shows no children.
        public var customMirror: Mirror { Mirror(self, children: []) }
    }

    let configuration: Configuration
    let schema: PostgreSQLRegistrySchema
    private let pool: PostgreSQLPool

    /// Creates a store and starts to connect.
    ///
    /// - Parameters:
    ///   - configuration: The connection.
    ///   - logger: The logger that receives the start of an outage at error level, and its end at notice level.
    /// - Throws: ``KMError`` `configurationInvalid` if the connection string or the schema's name is malformed.
    public init(_ configuration: Configuration, logger: Logger? = nil) throws {
        try PostgreSQLConnection.check(connectionString: configuration.connectionString)
        self.configuration = configuration
        schema = try PostgreSQLRegistrySchema(configuration.schema)
        pool = PostgreSQLPool(
            PostgreSQLPool.Configuration(
                connectionString: configuration.connectionString,
                applicationName: "KMSecurity PAR registry",
                connectionCount: configuration.connectionCount,
                timeout: configuration.timeout,
                prepare: { connection in
                    try Self.prepare(connection, configuration)
                    try Self.preferIndexes(connection)
                }
            ),
            name: "PAR registry",
            logger: logger
        )
    }

    deinit { pool.close() }

    static func prepare(_ connection: PostgreSQLConnection, _ configuration: Configuration) throws {
        guard configuration.insecureAllowingUnverifiedServer || connection.isProtected else {
            throw PostgreSQLError(
                "the connection over a network must verify the server; set sslmode=verify-full and sslrootcert"
            )
        }
        let milliseconds = max(1, Int((connection.timeout / .milliseconds(1)).rounded()))
        let settings = try connection.query(
            """
            SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $1, false),
                set_config('idle_in_transaction_session_timeout', $1, false),
                set_config('default_transaction_isolation', 'read committed', false),
                current_setting('synchronous_commit'), current_setting('fsync'), pg_is_in_recovery()
            """,
            [.text("\(milliseconds)")]
        )
        guard let commit = settings.text(0, 4), let fsync = settings.text(0, 5), let isStandby = settings.bool(0, 6)
        else { throw PostgreSQLError("the server returned an unexpected row") }
        guard !isStandby else {
            throw PostgreSQLError("the server is a standby; connect to the primary: target_session_attrs=read-write")
        }
        guard ["on", "remote_apply"].contains(commit) else {
            throw PostgreSQLError("synchronous_commit must be on or remote_apply; it is \(commit)")
        }
        guard fsync == "on" else { throw PostgreSQLError("fsync must be on; it is \(fsync)") }
    }

    /// Keeps the planner from reading a whole table for a batch.
    ///
    /// For a thousand hashes it would read a table of up to some hundred thousand cards, which takes ten times as long as
    /// the index. Nor is a batch worth the compilation of its statement.
    private static func preferIndexes(_ connection: PostgreSQLConnection) throws {
        _ = try connection.query(
            """
            SELECT set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false),
                set_config('enable_mergejoin', 'off', false), set_config('jit', 'off', false)
            """
        )
    }

    /// Closes the connections, after the statements in progress.
    ///
    /// Every later call throws.
    public func close() async { await pool.closeAndWait() }

    /// Calls `body` with a free connection, again if the database asks for it.
    func perform<Value: Sendable>(
        _ body: @escaping @Sendable (PostgreSQLConnection) throws -> Value
    ) async throws -> Value {
        var attempt = 0
        while true {
            do {
                let value = try await pool.perform(body)
                pool.reportSuccess()
                return value
            } catch let error as PostgreSQLError {
                attempt += 1
                // A deadlock or a serialization failure: the transaction was rolled back.
                if ["40P01", "40001"].contains(error.sqlState), attempt < 20 {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 1...5 * attempt)))
                    continue
                }
                if error.sqlState != nil { pool.reportRejection(error) }
                throw fault(error)
            }
        }
    }

    /// Calls `body` with a connection of its own, for statements that read the whole registry.
    func performLong<Value: Sendable>(
        _ body: @escaping @Sendable (PostgreSQLConnection) throws -> Value
    ) async throws -> Value {
        let configuration = configuration
        do {
            return try await withCheckedThrowingContinuation { continuation in
                // The system gives a queue of its own a thread of its own.
                DispatchQueue(label: "KMSecurity PAR registry").async {
                    continuation.resume(
                        with: Result {
                            let connection = try PostgreSQLConnection(
                                connectionString: configuration.connectionString,
                                applicationName: "KMSecurity PAR registry",
                                timeout: .seconds(3600)
                            )
                            try Self.prepare(connection, configuration)
                            return try body(connection)
                        }
                    )
                }
            }
        } catch let error as PostgreSQLError {
            throw fault(error)
        }
    }

    func fault(_ error: PostgreSQLError) -> KMError {
        let advice =
            switch error.sqlState {
            case "42P01", "3F000": ". The registry was not prepared, or is in another schema than \(schema.name)"
            case "42501": ". The user lacks a privilege on the tables of the schema \(schema.name)"
            case "25006": ". The server is read-only: connect to the primary"
            case "53100": ". The disk of the database is full"
            default: ""
            }
        return KMError(.registryUnavailable, "PostgreSQL: \(error)\(advice)")
    }

    /// See ``PARRegistryStore/prepare(lookupKey:)``.
    public func prepare(lookupKey: RegistryKeyName?) async throws -> RegistryState {
        let schema = schema
        do {
            return try await state()
        } catch let error as KMError where error.code == .registryUnavailable {
            // The tables are missing, or older. If something else is wrong, this fails too, and says what it is.
            return try await performLong { connection in
                try connection.transaction {
                    try schema.migrate(connection, lookupKey)
                    return try Self.state(schema, connection)
                }
            }
        }
    }

    /// See ``PARRegistryStore/state()``.
    public func state() async throws -> RegistryState {
        let schema = schema
        return try await perform { try Self.state(schema, $0) }
    }

    static func state(
        _ schema: PostgreSQLRegistrySchema,
        _ connection: PostgreSQLConnection,
        _ lock: String = ""
    ) throws -> RegistryState {
        let row = try connection.query(
            """
            SELECT epoch, hash_column, current_version, current_check, next_version, next_check, retired_version,
                retired_check, schema_version, sealing_keys FROM \(schema.registry) \(lock)
            """
        )
        guard let version = row.int64(0, 8) else { throw PostgreSQLError("the registry was not prepared") }
        guard version == schema.migrations.count else {
            throw PostgreSQLError("the tables have version \(version); this package needs \(schema.migrations.count)")
        }
        func name(_ column: Int) -> RegistryKeyName? {
            guard let version = row.int64(0, column).flatMap(UInt32.init(exactly:)), let check = row.text(0, column + 1)
            else { return nil }
            return RegistryKeyName(version: version, keyCheckValue: check)
        }
        guard let epoch = row.int64(0, 0), let current = name(2),
            let column = row.int64(0, 1).flatMap({ RegistryState.Column(rawValue: Int($0)) })
        else { throw RegistryRow.damaged("the state of the keys") }
        return RegistryState(
            epoch: epoch,
            current: current,
            column: column,
            next: name(4),
            retired: name(6),
            sealingKeys: try RegistryState.sealingKeys(row.text(0, 9))
        )
    }

    /// Throws unless the state is the expected one, which it then stays until the transaction ends.
    static func expect(
        _ expected: RegistryState,
        _ schema: PostgreSQLRegistrySchema,
        _ connection: PostgreSQLConnection
    ) throws {
        guard try state(schema, connection, "FOR SHARE") == expected else {
            throw KMError(.registryChanged)
        }
    }

    /// See ``PARRegistryStore/change(_:to:)``.
    public func change(_ expected: RegistryState, to state: RegistryState) async throws -> RegistryState {
        let schema = schema
        return try await perform { connection in
            try connection.transaction {
                // New additions wait behind this lock. The row alone could stay locked by one addition after another.
                _ = try connection.query("LOCK TABLE \(schema.registry) IN EXCLUSIVE MODE")
                guard try Self.state(schema, connection) == expected else {
                    throw KMError(.registryChanged)
                }
                _ = try connection.query(
                    """
                    UPDATE \(schema.registry) SET epoch = epoch + 1, hash_column = $1, current_version = $2,
                        current_check = $3, next_version = nullif($4, -1), next_check = nullif($5, ''),
                        retired_version = nullif($6, -1), retired_check = nullif($7, ''), sealing_keys = $8
                    """,
                    [
                        .int64(Int64(state.column.rawValue)), .int64(Int64(state.current.version)),
                        .text(state.current.keyCheckValue), .int64((state.next?.version).map(Int64.init) ?? -1),
                        .text(state.next?.keyCheckValue ?? ""), .int64((state.retired?.version).map(Int64.init) ?? -1),
                        .text(state.retired?.keyCheckValue ?? ""), .text(state.sealingKeyList),
                    ]
                )
                return try Self.state(schema, connection)
            }
        }
    }

    static func name(_ column: RegistryState.Column) -> String { column == .a ? "hash_a" : "hash_b" }
}

extension PostgreSQLPARStore: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The name of the schema.
    public var description: String { "PostgreSQLPARStore(\(configuration.schema))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
#endif
