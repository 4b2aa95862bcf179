#if SQLite
public import Foundation
public import KMSecurity

extension SQLitePARStore {
    /// See ``PARRegistryStore/erase(_:_:at:)``.
    public func erase(_ par: PAR, _ access: RegistryAccess, at date: Date) async throws -> Int? {
        try await write { database in
            try Self.log("erase", par, access, date, database)
            try database.statement("UPDATE account SET erased = coalesce(erased, ?) WHERE par = ?")
                .execute([.int64(RegistryRow.milliseconds(date)), .text(par.text)])
            guard database.changedRowCount == 1 else { return nil }
            try database.statement("DELETE FROM card WHERE par = ?").execute([.text(par.text)])
            return database.changedRowCount
        }
    }

    /// See ``PARRegistryStore/history(of:_:at:)``.
    public func history(
        of par: PAR,
        _ access: RegistryAccess,
        at date: Date
    ) async throws -> (account: StoredAccount, cards: [StoredCard])? {
        try await write { database in
            try Self.log("history", par, access, date, database)
            guard let account = try Self.accounts(database, "par = ?", [.text(par.text)]).first else { return nil }
            return (account, try Self.cards(database, "par = ? ORDER BY id", [.text(par.text)]))
        }
    }

    static func log(
        _ action: String,
        _ par: PAR,
        _ access: RegistryAccess,
        _ date: Date,
        _ database: SQLiteConnection
    ) throws {
        try database.statement("INSERT INTO access (date, action, par, actor, reason) VALUES (?, ?, ?, ?, ?)").execute([
            .int64(RegistryRow.milliseconds(date)), .text(action), .text(par.text), .text(access.actor),
            .text(access.reason),
        ])
    }

    /// See ``PARRegistryStore/accounts(after:limit:)``.
    public func accounts(after par: PAR?, limit: Int) async throws -> [StoredAccount] {
        try await read { database in
            let values: [SQLiteValue] = [.text(par?.text ?? ""), .int64(Int64(limit))]
            return try Self.accounts(database, "par > ? ORDER BY par LIMIT ?", values)
        }
    }

    /// See ``PARRegistryStore/accounts(_:)``.
    public func accounts(_ pars: Set<PAR>) async throws -> [PAR: StoredAccount] {
        try await read { database in
            try pars.reduce(into: [:]) { found, par in
                found[par] = try Self.accounts(database, "par = ?", [.text(par.text)]).first
            }
        }
    }

    static func accounts(
        _ database: SQLiteConnection,
        _ condition: String,
        _ values: [SQLiteValue]
    ) throws -> [StoredAccount] {
        try database.statement("SELECT par, origin, created, erased FROM account WHERE \(condition)")
            .rows(values) { row in
                try RegistryRow.account(
                    par: row.text(0),
                    origin: row.int(1),
                    created: row.int64(2),
                    erased: row.optionalInt64(3)
                )
            }
    }

    /// See ``PARRegistryStore/firstCardCounts(_:)``.
    public func firstCardCounts(_ pars: Set<PAR>) async throws -> [PAR: Int] {
        try await read { database in
            let statement = try database.statement("SELECT count(*) FROM card WHERE par = ? AND is_first")
            return try pars.reduce(into: [:]) { counts, par in
                counts[par] = try statement.firstRow([.text(par.text)]) { try $0.int(0) }
            }
        }
    }

    /// See ``PARRegistryStore/statistics()``.
    public func statistics() async throws -> RegistryStatistics {
        try await read { database in
            let state = try Self.state(database)
            var result = RegistryStatistics()
            result.accounts = try database.int("SELECT count(*) FROM account WHERE erased IS NULL")
            result.erasedAccounts = try database.int("SELECT count(*) FROM account WHERE erased IS NOT NULL")
            result.accesses = try database.int("SELECT count(*) FROM access")
            let next = Self.name(state.column.other)
            let groups = try database.statement(
                """
                SELECT kind, sealing_version, count(*), count(replaced), count(\(next)) FROM card
                GROUP BY kind, sealing_version
                """
            ).rows { row in
                try (row.int(0), row.optionalInt64(1), row.int(2), row.int(3), row.int(4))
            }
            for (kind, version, cards, replaced, withNext) in groups {
                try result.count(kind, version, cards: cards, replaced: replaced, withNext: withNext, state)
            }
            return result
        }
    }
}
#endif
