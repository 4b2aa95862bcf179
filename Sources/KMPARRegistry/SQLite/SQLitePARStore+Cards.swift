#if SQLite
internal import KMSecurity

extension SQLitePARStore {
    /// A card that was found by its hash.
    struct KnownCard {
        let id: Int64
        let par: PAR
        /// The number of the card that it replaces.
        let replaces: Int64?
        let hasOtherHash: Bool
        let isReplaced: Bool
        let isSealed: Bool

        /// Reads a row of ``SQLitePARStore/find(_:_:)``.
        init(_ row: SQLiteRow) throws {
            id = try row.int64(0)
            par = try RegistryRow.par(row.text(1))
            replaces = try row.optionalInt64(2)
            hasOtherHash = try row.bool(3)
            isReplaced = try row.bool(4)
            isSealed = try row.bool(5)
        }
    }

    static func name(_ column: RegistryState.Column) -> String { column == .a ? "hash_a" : "hash_b" }

    /// The statement that finds a card by its hash, for ``KnownCard``.
    static func find(_ column: RegistryState.Column, _ database: SQLiteConnection) throws -> SQLiteStatement {
        try database.statement(
            """
            SELECT id, par, replaces, \(name(column.other)) IS NOT NULL, replaced IS NOT NULL,
                sealing_version IS NOT NULL
            FROM card WHERE \(name(column)) = ?
            """
        )
    }

    /// See ``PARRegistryStore/pars(of:_:)``.
    public func pars(of hashes: [PANHash], _ state: RegistryState) async throws -> [FoundPAR?] {
        try await read { database in
            try Self.expect(state, database)
            let find = try Self.find(state.column, database)
            return try hashes.map { hash in
                try find.firstRow([.bytes(hash.bytes)], read: KnownCard.init).map { card in
                    FoundPAR(
                        par: card.par,
                        isSealed: card.isSealed,
                        lacksNextHash: state.next != nil && !card.hasOtherHash
                    )
                }
            }
        }
    }

    /// See ``PARRegistryStore/cards(after:limit:)``.
    public func cards(after id: Int64, limit: Int) async throws -> [StoredCard] {
        try await read { database in
            try Self.cards(database, "id > ? ORDER BY id LIMIT ?", [.int64(id), .int64(Int64(limit))])
        }
    }

    /// See ``PARRegistryStore/cards(_:)``.
    public func cards(_ ids: Set<Int64>) async throws -> [Int64: StoredCard] {
        try await read { database in
            try ids.reduce(into: [:]) { found, id in
                found[id] = try Self.cards(database, "id = ?", [.int64(id)]).first
            }
        }
    }

    static func cards(
        _ database: SQLiteConnection,
        _ condition: String,
        _ values: [SQLiteValue]
    ) throws -> [StoredCard] {
        let state = try state(database)
        return try database.statement(
            """
            SELECT id, par, kind, last_four, hash_a, hash_b, sealed, sealing_version, created, replaced, replaces,
                is_first
            FROM card WHERE \(condition)
            """
        ).rows(values) { row in
            try RegistryRow.card(
                state,
                id: row.int64(0),
                par: row.text(1),
                kind: row.int(2),
                lastFour: row.int(3),
                hashes: [row.optionalBytes(4), row.optionalBytes(5)],
                sealed: row.optionalBytes(6),
                sealingVersion: row.optionalInt64(7),
                created: row.int64(8),
                replaced: row.optionalInt64(9),
                replaces: row.optionalInt64(10),
                isFirst: row.bool(11)
            )
        }
    }
}
#endif
