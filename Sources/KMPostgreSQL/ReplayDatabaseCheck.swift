#if PostgreSQL
internal import Foundation
internal import KMSecurity

/// Checks a database before a replay guard uses it.
struct ReplayDatabaseCheck {
    private let configuration: PostgreSQLReplayGuard.Configuration
    private let table: ReplayTable

    init(_ configuration: PostgreSQLReplayGuard.Configuration, _ table: ReplayTable) {
        (self.configuration, self.table) = (configuration, table)
    }

    /// Sets up a new connection and checks the database.
    func prepare(_ connection: PostgreSQLConnection) throws {
        guard configuration.insecureAllowingUnverifiedServer || connection.isProtected else {
            throw PostgreSQLError(
                "the connection over a network must verify the server, because whoever is between could let copies pass; "
                    + "set sslmode=verify-full and sslrootcert"
            )
        }
        let milliseconds = max(1, Int((configuration.timeout / .milliseconds(1)).rounded()))
        _ = try connection.query(ReplayTable.sessionSettings, [.text("\(milliseconds)")])
        try check(connection)
    }

    /// Checks the database.
    func check(_ connection: PostgreSQLConnection) throws {
        let start = Date()
        let result = try connection.query(ReplayTable.check, table.names)
        let end = Date()
        guard let isStandby = result.bool(0, 0), let readOnly = result.text(0, 1), let commit = result.text(0, 2),
            let fsync = result.text(0, 3), let clock = result.int64(0, 4), let hasCounts = result.bool(0, 6)
        else { throw PostgreSQLError("the server returned an unexpected row") }
        guard !isStandby else {
            throw PostgreSQLError(
                "the server is a standby; connect to the primary: target_session_attrs=read-write"
            )
        }
        guard readOnly == "off" else {
            throw PostgreSQLError("transactions are read-only; set default_transaction_read_only to off")
        }
        guard let persistence = result.text(0, 5), hasCounts else {
            throw PostgreSQLError("the table does not exist", sqlState: "42P01")
        }
        if !configuration.insecureAllowingUnsafeCommits {
            try checkCommits(commit, fsync: fsync, persistence: persistence)
        }
        let earliest = ClaimBatcher.milliseconds(start, .down) - clock
        let latest = clock - ClaimBatcher.milliseconds(end, .up)
        let difference = max(earliest, latest)
        guard difference <= ReplayTable.tolerance else {
            throw PostgreSQLError(
                "the clocks of this server and of the database must not differ by more than "
                    + "\(ReplayTable.tolerance / 1000) s; they differ by \(difference / 1000) s. Synchronize both"
            )
        }
    }

    private func checkCommits(_ commit: String, fsync: String, persistence: String) throws {
        guard ["on", "remote_apply"].contains(commit) else {
            throw PostgreSQLError("synchronous_commit must be on or remote_apply; it is \(commit)")
        }
        guard fsync == "on" else { throw PostgreSQLError("fsync must be on; it is \(fsync)") }
        guard persistence == "p" else {
            throw PostgreSQLError(
                "the table must be logged, because a crash empties an unlogged one: ALTER TABLE \(table.name) SET LOGGED"
            )
        }
    }
}

extension PostgreSQLError {
    /// The error of a claim: the reason, and what to do about it.
    func asGuardError(_ table: ReplayTable) -> KMError {
        let code: KMError.Code =
            sqlState == "53100" || sqlState == "53200" ? .replayGuardFull : .replayStoreUnavailable
        let hint = advice(table).map { ". \($0)" } ?? ""
        let outcome = hadNoEffect ? "" : ". The request may be stored, and its copies are then rejected"
        return KMError(code, "PostgreSQL: \(description)\(hint)\(outcome)")
    }

    private func advice(_ table: ReplayTable) -> String? {
        switch sqlState {
        case "42P01":
            "Create the tables \(table.name) and \(table.name)_count: call createTable() once, or execute the statements "
                + "of the guard's property schema"
        case "42P10", "42703", "42804": "The table has another form: compare it with the guard's property schema"
        case "42501": "Grant the user SELECT, INSERT, UPDATE and DELETE on \(table.name) and \(table.name)_count"
        case "25006": "The server is read-only: connect to the primary"
        case "53100": "The disk of the database is full"
        case "53200": "The database has no memory left"
        default: nil
        }
    }
}
#endif
