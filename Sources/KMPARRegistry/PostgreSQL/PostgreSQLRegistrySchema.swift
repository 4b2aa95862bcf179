#if PostgreSQL
internal import KMPostgreSQL
internal import KMSecurity

/// The tables of a registry in PostgreSQL, and their versions.
struct PostgreSQLRegistrySchema: Sendable {
    /// The name of the schema that holds the tables.
    let name: String
    let registry: String
    let account: String
    let card: String
    let access: String

    /// Checks the name of a schema.
    ///
    /// - Parameter name: The name.
    /// - Throws: ``KMError`` `configurationInvalid` if the name is not a plain identifier.
    init(_ name: String) throws {
        guard PostgreSQLConnection.isPlainName(name) else {
            throw KMError(
                .configurationInvalid,
                "the schema's name must have at most 48 lower-case letters, digits and underscores, and begin with no digit"
            )
        }
        self.name = name
        registry = "\"\(name)\".registry"
        account = "\"\(name)\".account"
        card = "\"\(name)\".card"
        access = "\"\(name)\".access"
    }

    /// The statements of each version, which bring the tables from the version before to it.
    var migrations: [[String]] {
        [
            [
                """
                CREATE TABLE \(registry) (
                    id bigint PRIMARY KEY CHECK (id = 1),
                    schema_version bigint NOT NULL,
                    epoch bigint NOT NULL,
                    hash_column bigint NOT NULL CHECK (hash_column IN (0, 1)),
                    current_version bigint NOT NULL,
                    current_check text NOT NULL,
                    next_version bigint,
                    next_check text,
                    retired_version bigint,
                    retired_check text,
                    sealing_keys text NOT NULL DEFAULT ''
                )
                """,
                """
                CREATE TABLE \(account) (
                    par text COLLATE "C" PRIMARY KEY,
                    created bigint NOT NULL,
                    erased bigint,
                    origin smallint NOT NULL
                )
                """,
                """
                CREATE TABLE \(card) (
                    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY CHECK (id > 0),
                    created bigint NOT NULL,
                    replaced bigint,
                    replaces bigint,
                    sealing_version bigint,
                    kind smallint NOT NULL,
                    last_four smallint NOT NULL,
                    is_first boolean NOT NULL,
                    par text COLLATE "C" NOT NULL,
                    hash_a bytea CHECK (octet_length(hash_a) = 32),
                    hash_b bytea CHECK (octet_length(hash_b) = 32),
                    sealed bytea CHECK (octet_length(sealed) = 48)
                )
                """,
                "CREATE UNIQUE INDEX card_hash_a ON \(card) (hash_a) WHERE hash_a IS NOT NULL",
                "CREATE UNIQUE INDEX card_hash_b ON \(card) (hash_b) WHERE hash_b IS NOT NULL",
                "CREATE INDEX card_par ON \(card) (par)",
                "CREATE UNIQUE INDEX card_replaces ON \(card) (replaces) WHERE replaces IS NOT NULL",
                """
                CREATE TABLE \(access) (
                    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                    date bigint NOT NULL,
                    action text NOT NULL,
                    par text NOT NULL,
                    actor text NOT NULL,
                    reason text NOT NULL
                )
                """,
            ]
        ]
    }

    /// Brings the tables to the newest version, in a transaction.
    ///
    /// - Parameters:
    ///   - connection: The connection, in a transaction.
    ///   - key: The look-up key of a new registry; nil if the registry must exist.
    /// - Throws: ``KMError`` `registryUnavailable` if this package does not know the version, or ``PostgreSQLError``.
    func migrate(_ connection: PostgreSQLConnection, _ key: RegistryKeyName?) throws {
        // Processes that start at the same time wait for each other: this number stands for the registry.
        _ = try connection.query("SELECT pg_advisory_xact_lock(5640742198316)")
        var version = 0
        let exists = try connection.query("SELECT to_regclass($1) IS NOT NULL", [.text(registry)]).bool(0, 0)
        if exists == true {
            guard let found = try connection.query("SELECT schema_version FROM \(registry)").int64(0, 0) else {
                throw RegistryRow.damaged("the version of the tables")
            }
            version = Int(found)
        } else {
            guard key != nil else {
                throw KMError(
                    .registryUnavailable,
                    "the database has no registry in the schema \(name); correct the names, or create the registry first"
                )
            }
            _ = try connection.query("CREATE SCHEMA IF NOT EXISTS \"\(name)\"")
        }
        guard (0...migrations.count).contains(version) else {
            throw KMError(
                .registryUnavailable,
                "a newer version of KMSecurity made the registry (version \(version) of its tables); update this one"
            )
        }
        guard version < migrations.count else { return }
        for statement in migrations.dropFirst(version).joined() { _ = try connection.query(statement) }
        if version > 0 {
            _ = try connection.query("UPDATE \(registry) SET schema_version = $1", [.int64(Int64(migrations.count))])
        } else if let key {
            _ = try connection.query(
                """
                INSERT INTO \(registry) (id, schema_version, epoch, hash_column, current_version, current_check)
                VALUES (1, $1, 1, 0, $2, $3)
                """,
                [.int64(Int64(migrations.count)), .int64(Int64(key.version)), .text(key.keyCheckValue)]
            )
        }
    }
}
#endif
