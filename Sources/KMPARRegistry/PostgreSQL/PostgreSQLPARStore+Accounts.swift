#if PostgreSQL
public import Foundation
internal import KMPostgreSQL
public import KMSecurity

extension PostgreSQLPARStore {
    /// See ``PARRegistryStore/erase(_:_:at:)``.
    public func erase(_ par: PAR, _ access: RegistryAccess, at date: Date) async throws -> Int? {
        let schema = schema
        return try await perform { connection in
            try connection.transaction {
                try Self.log("erase", par, access, date, schema, connection)
                // A card that is being added to the account holds a lock on it, so that this waits for the card.
                let account = try connection.query(
                    "UPDATE \(schema.account) SET erased = coalesce(erased, $1) WHERE par = $2 RETURNING par",
                    [.int64(RegistryRow.milliseconds(date)), .text(par.text)]
                )
                guard account.rowCount == 1 else { return nil }
                return try connection.query(
                    "DELETE FROM \(schema.card) WHERE par = $1 RETURNING id",
                    [.text(par.text)]
                ).rowCount
            }
        }
    }

    /// See ``PARRegistryStore/history(of:_:at:)``.
    public func history(
        of par: PAR,
        _ access: RegistryAccess,
        at date: Date
    ) async throws -> (account: StoredAccount, cards: [StoredCard])? {
        let schema = schema
        return try await perform { connection in
            try connection.transaction {
                try Self.log("history", par, access, date, schema, connection)
                let state = try Self.state(schema, connection, "FOR SHARE")
                guard let account = try Self.accounts(schema, connection, "par = $1", [.text(par.text)]).first else {
                    return nil
                }
                let cards = try Self.cards(schema, state, connection, "par = $1 ORDER BY id", [.text(par.text)])
                return (account, cards)
            }
        }
    }

    static func log(
        _ action: String,
        _ par: PAR,
        _ access: RegistryAccess,
        _ date: Date,
        _ schema: PostgreSQLRegistrySchema,
        _ connection: PostgreSQLConnection
    ) throws {
        _ = try connection.query(
            "INSERT INTO \(schema.access) (date, action, par, actor, reason) VALUES ($1, $2, $3, $4, $5)",
            [
                .int64(RegistryRow.milliseconds(date)), .text(action), .text(par.text), .text(access.actor),
                .text(access.reason),
            ]
        )
    }
}
#endif
