#if SQLite
internal import Clibsqlite3

/// The current row of a statement.
///
/// A value of another type than the expected one is an error: the table was damaged or replaced.
struct SQLiteRow {
    private let statement: SQLiteStatement

    /// Creates a row, which exists until the statement is executed further.
    init(_ statement: SQLiteStatement) { self.statement = statement }

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
