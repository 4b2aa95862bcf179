#if PostgreSQL
extension PostgreSQLReplayGuard {
    /// The connection and the limits of a guard.
    ///
    /// All servers must use the same database, table and ``capacityPerCaller``.
    public struct Configuration: Sendable {
        /// The keywords and values, or the URI, that libpq documents.
        ///
        /// A password can also come from a password file (`PGPASSFILE`) or a service file. A connection over a network
        /// must have `sslmode=verify-full` and `sslrootcert`. For several hosts set `target_session_attrs=read-write`.
        public var connectionString: String
        /// The name of the table, or a schema, a dot and the name.
        ///
        /// The table of the counters has the suffix `_count`.
        public var table = "km_replay"
        /// The number of connections, at least 1.
        public var connectionCount = 2
        /// The longest time for a statement, and the longest time that a claim waits for a connection.
        public var timeout: Duration = .seconds(1)
        /// The largest number of requests of each kind that the guard keeps for one caller.
        ///
        /// Between two exchanges of counts, a tenth of a second apart, a caller can pass the limit by what the other
        /// servers accept from it.
        public var capacityPerCaller = 250_000
        /// The largest number of claims that wait for a connection.
        ///
        /// Further ones throw at once.
        public var maximumClaimCount = 10_000
        /// Accepts a database with `synchronous_commit` off or `local`, with `fsync` off, or with an unlogged table.
        ///
        /// This is insecure: after a crash of the database, copies of the last requests can pass once. With an unlogged
        /// table, copies of all requests can.
        public var insecureAllowingUnsafeCommits = false

        /// Accepts a connection over a network without TLS, or without a check of the server's name.
        ///
        /// This is insecure: whoever is between this server and the database can make it accept copies.
        public var insecureAllowingUnverifiedServer = false

        /// Creates a configuration with defaults for all that is not the connection.
        ///
        /// - Parameter connectionString: The keywords and values, or the URI, that libpq documents.
        public init(connectionString: String) { self.connectionString = connectionString }
    }
}

extension PostgreSQLReplayGuard.Configuration: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The name of the table, without the connection string, which can contain a password.
    public var description: String { "PostgreSQLReplayGuard.Configuration(\(table))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
#endif
