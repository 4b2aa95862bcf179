#if SQLite
internal import Clibsqlite3

/// A connection to a file of SQLite.
///
/// Its calls block. Use it on one thread at a time; see ``SQLitePool``.
@safe
final class SQLiteConnection {
    /// How a transaction begins.
    enum Transaction: String {
        /// It reads the state that the file has at its first statement.
        case reading = "BEGIN DEFERRED"
        /// It waits until no other connection writes.
        case writing = "BEGIN IMMEDIATE"
    }

    private let pointer: OpaquePointer
    private var statements: [String: SQLiteStatement] = [:]

    /// Opens a file that exists.
    ///
    /// - Parameters:
    ///   - path: The path of the file.
    ///   - busyTimeout: The longest time to wait for another connection's lock, in milliseconds.
    /// - Throws: ``SQLiteError``.
    init(path: String, busyTimeout: Int32) throws {
        guard sqlite3_threadsafe() != 0 else {
            throw SQLiteError(SQLITE_MISUSE, "SQLite was built without threads; install a build that supports them")
        }
        // SQLite gives a meaning to names such as ":memory:" that do not begin with a folder.
        let name = path.hasPrefix("/") ? path : "./\(path)"
        var pointer: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = unsafe sqlite3_open_v2(name, &pointer, flags, nil)
        guard code == SQLITE_OK, let pointer = unsafe pointer else {
            let error = unsafe SQLiteError(code, of: pointer)
            // A connection that failed to open must be closed too.
            _ = unsafe sqlite3_close_v2(pointer)
            throw error
        }
        unsafe self.pointer = unsafe pointer
        let result = unsafe sqlite3_busy_timeout(pointer, busyTimeout)
        guard result == SQLITE_OK else { throw unsafe SQLiteError(result, of: pointer) }
    }

    deinit {
        statements = [:]
        // It cannot fail: if a statement is still in use, the connection is closed with it.
        _ = unsafe sqlite3_close_v2(pointer)
    }

    /// The number of rows that the last statement inserted, updated or deleted.
    var changedRowCount: Int { Int(unsafe sqlite3_changes(pointer)) }

    /// Executes statements that have no parameters, and ignores their rows.
    ///
    /// - Parameter script: The statements.
    /// - Throws: ``SQLiteError``.
    func execute(_ script: String) throws {
        let code = unsafe sqlite3_exec(pointer, script, nil, nil, nil)
        guard code == SQLITE_OK else { throw unsafe SQLiteError(code, of: pointer) }
    }

    /// Returns a prepared statement, which the connection keeps.
    ///
    /// - Parameter sql: One statement, with `?` for each parameter.
    /// - Returns: The same statement for the same text.
    /// - Throws: ``SQLiteError``.
    func statement(_ sql: String) throws -> SQLiteStatement {
        if let statement = statements[sql] { return statement }
        let statement = unsafe try SQLiteStatement(sql, pointer)
        statements[sql] = statement
        return statement
    }

    /// Executes a statement that has one row, and returns the number in it.
    ///
    /// - Parameter sql: One statement without parameters.
    /// - Returns: The number.
    /// - Throws: ``SQLiteError``, or ``KMError`` `registryDamaged` if it is not a number.
    func int(_ sql: String) throws -> Int {
        guard let number = try statement(sql).firstRow(read: { try $0.int(0) }) else {
            throw SQLiteError(SQLITE_MISUSE, "the statement has no row")
        }
        return number
    }

    /// Calls `body` in a transaction, which is committed, or rolled back if `body` or the commit throws.
    ///
    /// - Parameters:
    ///   - kind: How the transaction begins.
    ///   - body: Executes statements.
    /// - Returns: What `body` returns.
    /// - Throws: ``SQLiteError``, or what `body` throws.
    func transaction<Value>(_ kind: Transaction, _ body: () throws -> Value) throws -> Value {
        // A rollback can have failed before.
        try rollBack()
        try statement(kind.rawValue).execute()
        do {
            let value = try body()
            try statement("COMMIT").execute()
            return value
        } catch {
            // The first error says what is wrong. If this fails too, the next transaction rolls back.
            try? rollBack()
            throw error
        }
    }

    /// Ends a transaction that was not committed; some errors, such as a full disk, have ended it already.
    private func rollBack() throws {
        if unsafe sqlite3_get_autocommit(pointer) == 0 { try statement("ROLLBACK").execute() }
    }

    /// Copies the log into the file, and empties it.
    ///
    /// - Throws: ``SQLiteError`` if another connection reads or writes.
    func truncateLog() throws {
        let code = unsafe sqlite3_wal_checkpoint_v2(pointer, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
        guard code == SQLITE_OK else { throw unsafe SQLiteError(code, of: pointer) }
    }
}
#endif
