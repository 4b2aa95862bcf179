#if PostgreSQL
internal import Foundation
internal import KMPostgreSQL
public import KMSecurity

extension PostgreSQLPARStore {
    /// See ``PARRegistryStore/pars(of:_:)``.
    public func pars(of hashes: [PANHash], _ state: RegistryState) async throws -> [FoundPAR?] {
        let schema = schema
        return try await perform { connection in
            let (column, other) = (Self.name(state.column), Self.name(state.column.other))
            let rows = try connection.query(
                """
                SELECT CASE WHEN i.place = 1 THEN concat_ws('/', r.epoch, r.hash_column, r.current_version,
                    r.current_check, r.next_version, r.next_check, r.retired_version, r.retired_check, r.sealing_keys) END,
                    i.place, c.par, c.\(other) IS NULL, c.sealing_version IS NOT NULL
                FROM unnest($1::bytea[]) WITH ORDINALITY AS i (hash, place)
                CROSS JOIN \(schema.registry) AS r
                LEFT JOIN \(schema.card) AS c ON c.\(column) = i.hash AND c.\(column) IS NOT NULL
                """,
                [.byteArrays(hashes.map(\.bytes))]
            )
            var found = [FoundPAR?](repeating: nil, count: hashes.count)
            for row in 0..<rows.rowCount {
                guard let place = rows.int64(row, 1), (1...Int64(hashes.count)).contains(place) else {
                    throw RegistryRow.damaged("the answer to a look-up")
                }
                guard place > 1 || rows.text(row, 0) == state.fingerprint else { throw KMError(.registryChanged) }
                guard let par = rows.text(row, 2) else { continue }
                found[Int(place) - 1] = FoundPAR(
                    par: try RegistryRow.par(par),
                    isSealed: rows.bool(row, 4) == true,
                    lacksNextHash: state.next != nil && rows.bool(row, 3) == true
                )
            }
            guard rows.rowCount == hashes.count else {
                throw KMError(.registryUnavailable, "the registry was not prepared")
            }
            return found
        }
    }

    /// See ``PARRegistryStore/cards(after:limit:)``.
    public func cards(after id: Int64, limit: Int) async throws -> [StoredCard] {
        try await cards("id > $1 ORDER BY id LIMIT $2", [.int64(id), .int64(Int64(limit))])
    }

    /// See ``PARRegistryStore/cards(_:)``.
    public func cards(_ ids: Set<Int64>) async throws -> [Int64: StoredCard] {
        let cards = try await cards("id = ANY($1)", [.int64s(Array(ids))])
        return Dictionary(cards.map { ($0.id, $0) }) { first, _ in first }
    }

    func cards(_ condition: String, _ values: [PostgreSQLValue]) async throws -> [StoredCard] {
        let schema = schema
        return try await perform { connection in
            // The state must belong to the same moment as the cards, or a hash could get the version of another key.
            while true {
                let before = try Self.state(schema, connection)
                let cards = try Self.cards(schema, before, connection, condition, values)
                if try Self.state(schema, connection) == before { return cards }
            }
        }
    }

    static func cards(
        _ schema: PostgreSQLRegistrySchema,
        _ state: RegistryState,
        _ connection: PostgreSQLConnection,
        _ condition: String,
        _ values: [PostgreSQLValue]
    ) throws -> [StoredCard] {
        let rows = try connection.query(
            """
            SELECT id, par, kind::bigint, last_four::bigint, hash_a, hash_b, sealed, sealing_version, created, replaced,
                replaces, is_first FROM \(schema.card) WHERE \(condition)
            """,
            values
        )
        return try (0..<rows.rowCount).map { row in
            guard let id = rows.int64(row, 0) else { throw RegistryRow.damaged("a card") }
            return try RegistryRow.card(
                state,
                id: id,
                par: rows.text(row, 1),
                kind: rows.int64(row, 2).map(Int.init),
                lastFour: rows.int64(row, 3).map(Int.init),
                hashes: [rows.bytes(row, 4), rows.bytes(row, 5)],
                sealed: rows.bytes(row, 6),
                sealingVersion: rows.int64(row, 7),
                created: rows.int64(row, 8),
                replaced: rows.int64(row, 9),
                replaces: rows.int64(row, 10),
                isFirst: rows.bool(row, 11)
            )
        }
    }

    /// See ``PARRegistryStore/accounts(after:limit:)``.
    public func accounts(after par: PAR?, limit: Int) async throws -> [StoredAccount] {
        let schema = schema
        return try await perform { connection in
            try Self.accounts(
                schema,
                connection,
                "par > $1 ORDER BY par LIMIT $2",
                [.text(par?.text ?? ""), .int64(Int64(limit))]
            )
        }
    }

    /// See ``PARRegistryStore/accounts(_:)``.
    public func accounts(_ pars: Set<PAR>) async throws -> [PAR: StoredAccount] {
        let schema = schema
        let accounts = try await perform { connection in
            try Self.accounts(schema, connection, "par = ANY($1)", [.texts(pars.map(\.text))])
        }
        return Dictionary(accounts.map { ($0.par, $0) }) { first, _ in first }
    }

    static func accounts(
        _ schema: PostgreSQLRegistrySchema,
        _ connection: PostgreSQLConnection,
        _ condition: String,
        _ values: [PostgreSQLValue]
    ) throws -> [StoredAccount] {
        let rows = try connection.query(
            "SELECT par, origin::bigint, created, erased FROM \(schema.account) WHERE \(condition)",
            values
        )
        return try (0..<rows.rowCount).map { row in
            try RegistryRow.account(
                par: rows.text(row, 0),
                origin: rows.int64(row, 1).map(Int.init),
                created: rows.int64(row, 2),
                erased: rows.int64(row, 3)
            )
        }
    }

    /// See ``PARRegistryStore/firstCardCounts(_:)``.
    public func firstCardCounts(_ pars: Set<PAR>) async throws -> [PAR: Int] {
        let schema = schema
        return try await perform { connection in
            let rows = try connection.query(
                "SELECT par, count(*) FROM \(schema.card) WHERE par = ANY($1) AND is_first GROUP BY par",
                [.texts(pars.map(\.text))]
            )
            return try (0..<rows.rowCount).reduce(into: [:]) { counts, row in
                counts[try RegistryRow.par(rows.text(row, 0))] = Int(rows.int64(row, 1) ?? 0)
            }
        }
    }

    /// See ``PARRegistryStore/statistics()``.
    public func statistics() async throws -> RegistryStatistics {
        let schema = schema
        return try await performLong { connection in
            let state = try Self.state(schema, connection)
            var result = RegistryStatistics()
            let counts = try connection.query(
                """
                SELECT count(*) - count(erased), count(erased), (SELECT count(*) FROM \(schema.access))
                FROM \(schema.account)
                """
            )
            result.accounts = Int(counts.int64(0, 0) ?? 0)
            result.erasedAccounts = Int(counts.int64(0, 1) ?? 0)
            result.accesses = Int(counts.int64(0, 2) ?? 0)
            let rows = try connection.query(
                """
                SELECT kind::bigint, sealing_version, count(*), count(replaced), count(\(Self.name(state.column.other)))
                FROM \(schema.card) GROUP BY kind, sealing_version
                """
            )
            for row in 0..<rows.rowCount {
                try result.count(
                    rows.int64(row, 0).map(Int.init),
                    rows.int64(row, 1),
                    cards: Int(rows.int64(row, 2) ?? 0),
                    replaced: Int(rows.int64(row, 3) ?? 0),
                    withNext: Int(rows.int64(row, 4) ?? 0),
                    state
                )
            }
            return result
        }
    }
}
#endif
