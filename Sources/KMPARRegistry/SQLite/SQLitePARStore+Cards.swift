#if SQLite
internal import Foundation
internal import GRDB
internal import KMSecurity

extension SQLitePARStore {
    /// See ``PARRegistryStore/pars(of:_:)``.
    public func pars(of hashes: [PANHash], _ state: RegistryState) async throws -> [FoundPAR?] {
        try await read { database in
            try Self.expect(state, database)
            let statement = try Self.find(state.column, database)
            return try hashes.map { hash in
                try Row.fetchOne(statement, arguments: [Data(hash.bytes)]).map { row in
                    FoundPAR(
                        par: try RegistryRow.par(row[1]),
                        isSealed: row[5],
                        lacksNextHash: state.next != nil && !(row[3] as Bool)
                    )
                }
            }
        }
    }

    static func name(_ column: RegistryState.Column) -> String { column == .a ? "hash_a" : "hash_b" }

    /// The statement that finds a card by its hash: its number, its PAR, the number of the card that it replaces, whether
    /// it has another hash, when it was replaced, and whether it has an encrypted PAN.
    static func find(_ column: RegistryState.Column, _ database: Database) throws -> Statement {
        try database.cachedStatement(
            sql: """
                SELECT id, par, replaces, \(name(column.other)) IS NOT NULL, replaced, sealing_version IS NOT NULL
                FROM card WHERE \(name(column)) = ?
                """
        )
    }

    /// See ``PARRegistryStore/add(_:_:)``.
    public func add(_ cards: [NewCard], _ state: RegistryState) async throws -> [CardAddition] {
        try await write { database in
            try Self.expect(state, database)
            return try cards.map { try Self.add($0, state, database) }
        }
    }

    static func add(_ card: NewCard, _ state: RegistryState, _ database: Database) throws -> CardAddition {
        let find = try find(state.column, database)
        guard let hash = card.hashes.first else { throw KMError(.registryDamaged, "a card was given without a hash") }
        let next = card.hashes.dropFirst().first.map { Data($0.bytes) }
        if let row = try Row.fetchOne(find, arguments: [Data(hash.bytes)]) {
            if let next, !(row[3] as Bool) {
                try database.cachedStatement(sql: "UPDATE card SET \(name(state.column.other)) = ? WHERE id = ?")
                    .execute(arguments: [next, row[0] as Int64])
            }
            if let sealed = card.sealed, !(row[5] as Bool), row[1] == card.placement.par.text {
                try database.cachedStatement(sql: "UPDATE card SET sealed = ?, sealing_version = ? WHERE id = ?")
                    .execute(arguments: [Data(sealed.bytes), Int64(sealed.version), row[0] as Int64])
            }
            if case .replacing(let former, _) = card.placement {
                let replaced = try Row.fetchOne(find, arguments: [Data(former.bytes)])
                guard let replaces = row[2] as Int64?, replaces == replaced?[0] else { return .replacesOther }
            }
            return .exists(try RegistryRow.par(row[1]))
        }
        let par = card.placement.par
        let date = RegistryRow.milliseconds(card.date)
        let account = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT erased IS NOT NULL FROM account WHERE par = ?"),
            arguments: [par.text]
        )
        let isErased = account?[0] as Bool? ?? false
        var origin = PAROrigin.given
        var replaces: Int64?
        switch card.placement {
        case .newAccount(_, let given):
            if account != nil { return .parTaken }
            origin = given
        case .givenAccount: if isErased { return .accountErased }
        case .account:
            if account == nil { return .noAccount }
            if isErased { return .accountErased }
        case .replacing(let former, _):
            guard let row = try Row.fetchOne(find, arguments: [Data(former.bytes)]), row[1] == par.text else {
                return .noCard
            }
            if (row[4] as Int64?) != nil { return .alreadyReplaced }
            replaces = row[0]
            try database.cachedStatement(sql: "UPDATE card SET replaced = ? WHERE id = ?")
                .execute(arguments: [date, replaces])
        }
        if account == nil {
            try database.cachedStatement(sql: "INSERT INTO account (par, origin, created) VALUES (?, ?, ?)")
                .execute(arguments: [par.text, origin.rawValue, date])
        }
        try database.cachedStatement(
            sql: """
                INSERT INTO card (par, kind, last_four, \(name(state.column)), \(name(state.column.other)), sealed,
                    sealing_version, created, replaces, is_first) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [
                par.text, card.kind.rawValue, card.lastFour, Data(hash.bytes), next,
                (card.sealed?.bytes).map { Data($0) }, (card.sealed?.version).map { Int64($0) }, date, replaces,
                account == nil,
            ]
        )
        return .added(par)
    }

    /// See ``PARRegistryStore/cards(after:limit:)``.
    public func cards(after id: Int64, limit: Int) async throws -> [StoredCard] {
        try await read { database in
            try Self.cards(database, "id > ? ORDER BY id LIMIT ?", [id, limit])
        }
    }

    /// See ``PARRegistryStore/cards(_:)``.
    public func cards(_ ids: Set<Int64>) async throws -> [Int64: StoredCard] {
        try await read { database in
            try ids.reduce(into: [:]) { found, id in found[id] = try Self.cards(database, "id = ?", [id]).first }
        }
    }

    static func cards(
        _ database: Database,
        _ condition: String,
        _ arguments: StatementArguments
    ) throws -> [StoredCard] {
        let state = try state(database)
        let statement = try database.cachedStatement(
            sql: """
                SELECT id, par, kind, last_four, hash_a, hash_b, sealed, sealing_version, created, replaced, replaces,
                    is_first
                FROM card WHERE \(condition)
                """
        )
        return try Row.fetchAll(statement, arguments: arguments).map { row in
            try RegistryRow.card(
                state,
                id: row[0],
                par: row[1],
                kind: row[2],
                lastFour: row[3],
                hashes: [row[4] as Data?, row[5] as Data?].map { $0.map { Array($0) } },
                sealed: (row[6] as Data?).map { Array($0) },
                sealingVersion: row[7],
                created: row[8],
                replaced: row[9],
                replaces: row[10],
                isFirst: row[11]
            )
        }
    }
}
#endif
