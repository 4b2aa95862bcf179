#if SQLite
internal import Clibsqlite3

/// An error of SQLite.
///
/// Its text has names of tables and columns, and no values.
struct SQLiteError: Error {
    /// The extended result code.
    let code: Int32
    /// The message.
    let message: String

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - code: The extended result code.
    ///   - message: The message; nil for the general one of the code.
    init(_ code: Int32, _ message: String? = nil) {
        self.code = code
        let general = unsafe sqlite3_errstr(code).map { unsafe String(cString: $0) }
        self.message = message ?? general ?? "error \(code)"
    }

    /// Creates an error from the result of the last call for a connection.
    ///
    /// - Parameters:
    ///   - code: The result of the call.
    ///   - connection: The connection of SQLite; nil if it has no memory for one.
    init(_ code: Int32, of connection: OpaquePointer?) {
        guard let connection = unsafe connection else {
            self.init(code)
            return
        }
        self.init(code, unsafe sqlite3_errmsg(connection).map { unsafe String(cString: $0) })
    }
}
#endif
