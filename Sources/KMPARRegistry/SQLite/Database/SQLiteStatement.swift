#if SQLite
internal import Clibsqlite3

/// A statement that SQLite has prepared.
///
/// It belongs to the thread that uses its connection.
@safe
final class SQLiteStatement {
    fileprivate let pointer: OpaquePointer

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
        guard values.count == Int(unsafe sqlite3_bind_parameter_count(pointer)) else {
            throw SQLiteError(SQLITE_MISUSE, "the statement has another number of parameters")
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

/// The current row of a statement.
///
/// A value of another type than the expected one is an error: the table was damaged or replaced.
struct SQLiteRow {
    private let statement: SQLiteStatement

    fileprivate init(_ statement: SQLiteStatement) { self.statement = statement }

    /// Reads an `INTEGER`.
    ///
    /// - Parameter column: The column, from 0.
    /// - Returns: The number.
    /// - Throws: ``KMError`` `registryDamaged` for another type, and for no value.
    func int64(_ column: Int32) throws -> Int64 {
        guard let number = try optionalInt64(column) else { throw damaged(column) }
        return number
    }

    /// Reads an `INTEGER` that fits into an `Int`.
    ///
    /// - Parameter column: The column, from 0.
    /// - Returns: The number.
    /// - Throws: ``KMError`` `registryDamaged` for a larger number, for another type, and for no value.
    func int(_ column: Int32) throws -> Int {
        guard let number = Int(exactly: try int64(column)) else { throw damaged(column) }
        return number
    }

    /// Reads an `INTEGER` that is 0 for false or 1 for true.
    ///
    /// - Parameter column: The column, from 0.
    /// - Returns: Whether it is 1.
    /// - Throws: ``KMError`` `registryDamaged` for another number, for another type, and for no value.
    func bool(_ column: Int32) throws -> Bool {
        let number = try int64(column)
        guard number == 0 || number == 1 else { throw damaged(column) }
        return number == 1
    }

    /// Reads an `INTEGER`, or the absence of a value.
    ///
    /// - Parameter column: The column, from 0.
    /// - Returns: The number; nil if there is no value.
    /// - Throws: ``KMError`` `registryDamaged` for another type.
    func optionalInt64(_ column: Int32) throws -> Int64? {
        guard try hasValue(column, SQLITE_INTEGER) else { return nil }
        return unsafe sqlite3_column_int64(statement.pointer, column)
    }

    /// Reads a `TEXT`.
    ///
    /// - Parameter column: The column, from 0.
    /// - Returns: The text.
    /// - Throws: ``KMError`` `registryDamaged` for bytes that are not UTF-8, for another type, and for no value.
    func text(_ column: Int32) throws -> String {
        guard let text = try optionalText(column) else { throw damaged(column) }
        return text
    }

    /// Reads a `TEXT`, or the absence of a value.
    ///
    /// - Parameter column: The column, from 0.
    /// - Returns: The text; nil if there is no value.
    /// - Throws: ``KMError`` `registryDamaged` for bytes that are not UTF-8, and for another type.
    func optionalText(_ column: Int32) throws -> String? {
        guard try hasValue(column, SQLITE_TEXT) else { return nil }
        // SQLite asks for this order of the calls.
        guard let start = unsafe sqlite3_column_text(statement.pointer, column) else {
            throw SQLiteError(SQLITE_NOMEM)
        }
        let count = Int(unsafe sqlite3_column_bytes(statement.pointer, column))
        let bytes = unsafe UnsafeBufferPointer(start: start, count: count)
        guard let text = unsafe String(validating: bytes, as: UTF8.self) else { throw damaged(column) }
        return text
    }

    /// Reads a `BLOB`, or the absence of a value.
    ///
    /// - Parameter column: The column, from 0.
    /// - Returns: The bytes; nil if there is no value.
    /// - Throws: ``KMError`` `registryDamaged` for another type.
    func optionalBytes(_ column: Int32) throws -> [UInt8]? {
        guard try hasValue(column, SQLITE_BLOB) else { return nil }
        // An empty blob has no address.
        let start = unsafe sqlite3_column_blob(statement.pointer, column)
        let count = Int(unsafe sqlite3_column_bytes(statement.pointer, column))
        guard unsafe start != nil || count == 0 else { throw SQLiteError(SQLITE_NOMEM) }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }

    /// Returns whether the column has a value of a type; false if it has none.
    private func hasValue(_ column: Int32, _ type: Int32) throws -> Bool {
        let found = unsafe sqlite3_column_type(statement.pointer, column)
        guard found == type || found == SQLITE_NULL else { throw damaged(column) }
        return found == type
    }

    private func damaged(_ column: Int32) -> any Error {
        let name = unsafe sqlite3_column_name(statement.pointer, column).map { unsafe String(cString: $0) }
        return RegistryRow.damaged("the value of \(name ?? "a column")")
    }
}
#endif
