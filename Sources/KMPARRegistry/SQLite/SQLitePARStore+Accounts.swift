#if SQLite
public import Foundation
internal import GRDB
public import KMSecurity

extension SQLitePARStore {
    /// See ``PARRegistryStore/erase(_:_:at:)``.
    public func erase(_ par: PAR, _ access: RegistryAccess, at date: Date) async throws -> Int? {
        try await write { database in
            try Self.log("erase", par, access, date, database)
            let date = RegistryRow.milliseconds(date)
            try database.execute(
                sql: "UPDATE account SET erased = coalesce(erased, ?) WHERE par = ?",
                arguments: [date, par.text]
            )
            guard database.changesCount == 1 else { return nil }
            try database.execute(sql: "DELETE FROM card WHERE par = ?", arguments: [par.text])
            return database.changesCount
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
            guard let account = try Self.accounts(database, "par = ?", [par.text]).first else { return nil }
            return (account, try Self.cards(database, "par = ? ORDER BY id", [par.text]))
        }
    }

    static func log(
        _ action: String,
        _ par: PAR,
        _ access: RegistryAccess,
        _ date: Date,
        _ database: Database
    ) throws {
        try database.execute(
            sql: "INSERT INTO access (date, action, par, actor, reason) VALUES (?, ?, ?, ?, ?)",
            arguments: [RegistryRow.milliseconds(date), action, par.text, access.actor, access.reason]
        )
    }

    /// See ``PARRegistryStore/accounts(after:limit:)``.
    public func accounts(after par: PAR?, limit: Int) async throws -> [StoredAccount] {
        try await read { database in
            try Self.accounts(database, "par > ? ORDER BY par LIMIT ?", [par?.text ?? "", limit])
        }
    }

    /// See ``PARRegistryStore/accounts(_:)``.
    public func accounts(_ pars: Set<PAR>) async throws -> [PAR: StoredAccount] {
        try await read { database in
            try pars.reduce(into: [:]) { found, par in
                found[par] = try Self.accounts(database, "par = ?", [par.text]).first
            }
        }
    }

    static func accounts(
        _ database: Database,
        _ condition: String,
        _ arguments: StatementArguments
    ) throws -> [StoredAccount] {
        let statement = try database.cachedStatement(
            sql: "SELECT par, origin, created, erased FROM account WHERE \(condition)"
        )
        return try Row.fetchAll(statement, arguments: arguments).map { row in
            try RegistryRow.account(par: row[0], origin: row[1], created: row[2], erased: row[3])
        }
    }

    /// See ``PARRegistryStore/firstCardCounts(_:)``.
    public func firstCardCounts(_ pars: Set<PAR>) async throws -> [PAR: Int] {
        try await read { database in
            let statement = try database.cachedStatement(sql: "SELECT count(*) FROM card WHERE par = ? AND is_first")
            return try pars.reduce(into: [:]) { counts, par in
                counts[par] = try Int.fetchOne(statement, arguments: [par.text])
            }
        }
    }

    /// See ``PARRegistryStore/statistics()``.
    public func statistics() async throws -> RegistryStatistics {
        try await read { database in
            let state = try Self.state(database)
            var result = RegistryStatistics()
            result.accounts = try Int.fetchOne(database, sql: "SELECT count(*) FROM account WHERE erased IS NULL") ?? 0
            result.erasedAccounts =
                try Int.fetchOne(database, sql: "SELECT count(*) FROM account WHERE erased IS NOT NULL") ?? 0
            result.accesses = try Int.fetchOne(database, sql: "SELECT count(*) FROM access") ?? 0
            let next = Self.name(state.column.other)
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT kind, sealing_version, count(*), count(replaced), count(\(next)) FROM card
                    GROUP BY kind, sealing_version
                    """
            )
            for row in rows {
                try result.count(row[0], row[1], cards: row[2], replaced: row[3], withNext: row[4], state)
            }
            return result
        }
    }
}
#endif
