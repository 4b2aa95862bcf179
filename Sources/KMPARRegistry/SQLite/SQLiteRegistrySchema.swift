#if SQLite
/// The tables of a registry in SQLite, and their versions.
enum SQLiteRegistrySchema {
    /// The statements of each version, which bring the tables from the version before to it.
    static let migrations: [String] = [
        """
        CREATE TABLE registry (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            epoch INTEGER NOT NULL,
            current_version INTEGER NOT NULL,
            current_check TEXT NOT NULL,
            hash_column INTEGER NOT NULL CHECK (hash_column IN (0, 1)),
            next_version INTEGER,
            next_check TEXT,
            retired_version INTEGER,
            retired_check TEXT,
            sealing_keys TEXT NOT NULL DEFAULT ''
        ) STRICT;
        CREATE TABLE account (
            par TEXT PRIMARY KEY,
            origin INTEGER NOT NULL,
            created INTEGER NOT NULL,
            erased INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE card (
            id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
            par TEXT NOT NULL,
            kind INTEGER NOT NULL,
            last_four INTEGER NOT NULL,
            hash_a BLOB CHECK (length(hash_a) = 32),
            hash_b BLOB CHECK (length(hash_b) = 32),
            sealed BLOB CHECK (length(sealed) = 48),
            sealing_version INTEGER,
            created INTEGER NOT NULL,
            replaced INTEGER,
            replaces INTEGER,
            is_first INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX card_hash_a ON card (hash_a) WHERE hash_a IS NOT NULL;
        CREATE UNIQUE INDEX card_hash_b ON card (hash_b) WHERE hash_b IS NOT NULL;
        CREATE INDEX card_par ON card (par);
        CREATE UNIQUE INDEX card_replaces ON card (replaces) WHERE replaces IS NOT NULL;
        CREATE TABLE access (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            date INTEGER NOT NULL,
            action TEXT NOT NULL,
            par TEXT NOT NULL,
            actor TEXT NOT NULL,
            reason TEXT NOT NULL
        ) STRICT;
        """
    ]

    /// Brings the tables to the newest version.
    ///
    /// - Parameter database: The connection, in a transaction.
    /// - Returns: Nil, or a version of the tables that this package does not know.
    /// - Throws: ``SQLiteError``.
    static func migrate(_ database: SQLiteConnection) throws -> Int? {
        let version = try database.int("PRAGMA user_version")
        guard (0...migrations.count).contains(version) else { return version }
        for (index, statements) in migrations.enumerated().dropFirst(version) {
            try database.execute(statements)
            try database.execute("PRAGMA user_version = \(index + 1)")
        }
        return nil
    }
}
#endif
