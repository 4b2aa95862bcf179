#if SQLite
internal import Clibsqlite3

/// A statement that SQLite has prepared.
///
/// It belongs to the thread that uses its connection.
@safe
final class SQLiteStatement {
    let pointer: OpaquePointer

    /// Prepares a statement.
    ///
    /// - Parameters:
    ///   - sql: One statement, with `?` for each parameter.
    ///   - connection: The connection of SQLite.
    /// - Throws: ``SQLiteError``.
    init(_ sql: String, _ connection: OpaquePointer) throws {
        var pointer: OpaquePointer?
        let code = unsafe sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &pointer, nil)
        guard code == SQLITE_OK else { throw unsafe SQLiteError(code, of: connection) }
        guard let pointer = unsafe pointer else { throw SQLiteError(SQLITE_MISUSE, "the statement is empty") }
        unsafe self.pointer = unsafe pointer
    }

    deinit {
        // The result repeats the error of the last execution.
        _ = unsafe sqlite3_finalize(pointer)
    }

    /// Executes the statement.
    ///
    /// - Parameter values: The parameters.
    /// - Throws: ``SQLiteError``.
    func execute(_ values: [SQLiteValue] = []) throws {
        defer { reset() }
        try bind(values)
        while try step() {}
    }

    /// Executes the statement, and returns its rows.
    ///
    /// - Parameters:
    ///   - values: The parameters.
    ///   - read: Makes a value from a row. It must not keep the row, and must not execute this statement.
    /// - Returns: The value of each row.
    /// - Throws: ``SQLiteError``, or what `read` throws.
    func rows<Value>(_ values: [SQLiteValue] = [], read: (SQLiteRow) throws -> Value) throws -> [Value] {
        defer { reset() }
        try bind(values)
        var result: [Value] = []
        while try step() { result.append(try read(SQLiteRow(self))) }
        return result
    }

    /// Executes the statement until it has a row.
    ///
    /// - Parameters:
    ///   - values: The parameters.
    ///   - read: Makes a value from a row. It must not keep the row, and must not execute this statement.
    /// - Returns: The value of the first row; nil if there is none.
    /// - Throws: ``SQLiteError``, or what `read` throws.
    func firstRow<Value>(_ values: [SQLiteValue] = [], read: (SQLiteRow) throws -> Value) throws -> Value? {
        defer { reset() }
        try bind(values)
        return try step() ? try read(SQLiteRow(self)) : nil
    }

    private func reset() {
        // The result repeats the error of the last execution, which was thrown.
        _ = unsafe sqlite3_reset(pointer)
    }

    private func step() throws -> Bool {
        let code = unsafe sqlite3_step(pointer)
        switch code {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw error(code)
        }
    }

    private func bind(_ values: [SQLiteValue]) throws {
        let expectedCount = Int(unsafe sqlite3_bind_parameter_count(pointer))
        guard values.count == expectedCount else {
            throw SQLiteError(SQLITE_MISUSE, "the statement has \(expectedCount) parameters; got \(values.count)")
        }
        for (index, value) in values.enumerated() {
            let number = Int32(truncatingIfNeeded: index + 1)
            let code =
                switch value {
                case .null: unsafe sqlite3_bind_null(pointer, number)
                case .int64(let value): unsafe sqlite3_bind_int64(pointer, number, value)
                case .text(var text):
                    text.withUTF8 { bytes in
                        unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                            let count = UInt64(characters.count)
                            return unsafe kmsqlite_bind_text(pointer, number, characters.baseAddress, count)
                        }
                    }
                case .bytes(let bytes):
                    unsafe bytes.withUnsafeBytes { bytes in
                        unsafe kmsqlite_bind_bytes(pointer, number, bytes.baseAddress, UInt64(bytes.count))
                    }
                }
            guard code == SQLITE_OK else { throw error(code) }
        }
    }

    private func error(_ code: Int32) -> SQLiteError { unsafe SQLiteError(code, of: sqlite3_db_handle(pointer)) }
}
#endif
