#if PostgreSQL
internal import KMSecurity

/// The statements on the tables of a replay guard.
struct ReplayTable: Sendable {
    /// How long a request stays in the table after its expiry, in milliseconds by the clocks of the database
    /// and of the server that erases it.
    ///
    /// It covers the largest accepted difference between the clocks, and a change to a standby whose clock differs.
    static let retention: Int64 = 60_000
    /// How long after its expiry a request is still claimed, in milliseconds by the clock of the database.
    ///
    /// Its row may be erased only later than that. It is also the largest accepted difference between the clocks.
    static let tolerance: Int64 = 30_000

    /// The name of the table, with its schema if it has one.
    let name: String
    private let quoted: String
    private let quotedCounts: String
    private let indexName: String

    /// Checks the name of a table.
    ///
    /// - Parameter name: The name, or a schema, a dot and the name.
    /// - Throws: ``KMError`` `configurationInvalid` if the name is not a plain identifier.
    init(_ name: String) throws {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy(PostgreSQLConnection.isPlainName), let last = parts.last
        else {
            throw KMError(
                .configurationInvalid,
                "the table's name must have at most 48 lower-case letters, digits and underscores, begin with no digit, "
                    + "and can follow a schema's name and a dot"
            )
        }
        self.name = name
        quoted = parts.map { "\"\($0)\"" }.joined(separator: ".")
        quotedCounts = (parts.dropLast() + ["\(last)_count"]).map { "\"\($0)\"" }.joined(separator: ".")
        indexName = "\"\(last)_expiry\""
    }

    /// The statements that create the tables, in their order.
    var creation: [String] {
        [
            """
            CREATE TABLE IF NOT EXISTS \(quoted) (
                key bytea PRIMARY KEY CHECK (octet_length(key) = 32),
                expiry bigint NOT NULL
            ) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05)
            """,
            "CREATE INDEX IF NOT EXISTS \(indexName) ON \(quoted) (expiry)",
            """
            CREATE TABLE IF NOT EXISTS \(quotedCounts) (
                share text NOT NULL,
                period_end bigint NOT NULL,
                count bigint NOT NULL,
                PRIMARY KEY (share, period_end)
            ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)
            """,
        ]
    }

    /// The clock of the database, in milliseconds since 1970.
    ///
    /// It has one value in each statement.
    private static let now = "(extract(epoch FROM statement_timestamp()) * 1000)::bigint"

    /// Sets up a session.
    ///
    /// A later change of the server's configuration does not change `synchronous_commit` in this session.
    /// `$1` is the timeout of a statement in milliseconds, as text.
    static let sessionSettings = """
        SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $1, false),
            set_config('default_transaction_isolation', 'read committed', false),
            set_config('synchronous_commit', current_setting('synchronous_commit'), false)
        """

    /// Reads what must be true of the database.
    ///
    /// `$1` and `$2` are the names of the tables, which ``names`` has.
    static let check = """
        SELECT pg_is_in_recovery(), current_setting('transaction_read_only'), current_setting('synchronous_commit'),
            current_setting('fsync'), \(now),
            (SELECT relpersistence::text FROM pg_class WHERE oid = to_regclass($1)), to_regclass($2) IS NOT NULL
        """

    /// The quoted names of the tables, as parameters of ``check``.
    var names: [PostgreSQLValue] { [.text(quoted), .text(quotedCounts)] }

    /// Stores keys, and returns those that it stored with true, and those that expired too long ago with false.
    ///
    /// `$1` and `$2` are the keys and the ends of their lives, `$3` is the time of the claim. A row that has expired
    /// counts as absent. All servers store keys in the same order, so that no two of them wait for each other.
    var claim: String {
        """
        WITH claim AS MATERIALIZED (SELECT key, expiry FROM unnest($1, $2) AS c (key, expiry)),
        stored AS (
            INSERT INTO \(quoted) AS r (key, expiry)
            SELECT key, expiry FROM claim WHERE expiry >= \(Self.now) - \(Self.tolerance) ORDER BY key
            ON CONFLICT (key) DO UPDATE SET expiry = excluded.expiry WHERE r.expiry < least($3, \(Self.now))
            RETURNING r.key
        )
        SELECT key, true FROM stored
        UNION ALL SELECT key, false FROM claim WHERE expiry < \(Self.now) - \(Self.tolerance)
        """
    }

    /// Erases at most `$1` requests that expired longer ago than ``retention``.
    ///
    /// `$2` is the time of this server in milliseconds. A request must have expired by both clocks, so a clock that is
    /// ahead erases nothing. Rows that others use are left out.
    var erasure: String {
        """
        WITH old AS MATERIALIZED (
            SELECT key FROM \(quoted) WHERE expiry < least($2, \(Self.now)) - \(Self.retention)
            ORDER BY expiry LIMIT $1 FOR UPDATE SKIP LOCKED
        ),
        erased AS (DELETE FROM \(quoted) AS r USING old WHERE r.key = old.key RETURNING 1)
        SELECT count(*) FROM erased
        """
    }

    /// Adds to counters, and returns all counters of the shares in `$4`.
    ///
    /// `$1`, `$2` and `$3` are the shares, the ends of the periods and the numbers to add. `$5` is the time in seconds.
    var counting: String {
        """
        WITH added AS (
            INSERT INTO \(quotedCounts) AS c (share, period_end, count)
            SELECT share, period_end, count FROM unnest($1, $2, $3) AS a (share, period_end, count)
            ORDER BY share COLLATE "C", period_end
            ON CONFLICT (share, period_end) DO UPDATE SET count = c.count + excluded.count
            RETURNING c.share, c.period_end, c.count
        )
        SELECT share, period_end, count FROM added
        UNION ALL SELECT share, period_end, count FROM \(quotedCounts) AS c
        WHERE share = ANY ($4) AND period_end >= $5
            AND NOT EXISTS (SELECT FROM added AS a WHERE a.share = c.share AND a.period_end = c.period_end)
        """
    }

    /// Erases at most `$1` counters that expired longer ago than ``retention``.
    var counterErasure: String {
        """
        WITH old AS MATERIALIZED (
            SELECT share, period_end FROM \(quotedCounts) WHERE period_end < (\(Self.now) - \(Self.retention)) / 1000
            LIMIT $1 FOR UPDATE SKIP LOCKED
        )
        DELETE FROM \(quotedCounts) AS c USING old WHERE c.share = old.share AND c.period_end = old.period_end
        """
    }
}
#endif
