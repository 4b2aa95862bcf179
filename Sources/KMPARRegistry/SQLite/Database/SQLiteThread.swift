#if SQLite
internal import Clibsqlite3
internal import Dispatch

/// A connection, and the queue on which it is used.
///
/// `@unchecked Sendable`: the variables are accessed only on the queue.
final class SQLiteThread: @unchecked Sendable {
    /// Work for a connection, which is called exactly once.
    ///
    /// It receives the reason if there is no connection.
    typealias Job = @Sendable (Result<SQLiteConnection, any Error>) -> Void

    static let closed = SQLiteError(SQLITE_MISUSE, "the store was closed")

    // The system gives a serial queue that has work a thread outside of those that run Swift's tasks.
    private let queue = DispatchQueue(label: "KMSecurity PAR registry")
    private let open: @Sendable () throws -> SQLiteConnection
    private var connection: SQLiteConnection?

    init(_ open: @escaping @Sendable () throws -> SQLiteConnection) { self.open = open }

    /// Takes over a connection that is open.
    init(_ connection: sending SQLiteConnection) {
        self.connection = connection
        open = { throw Self.closed }
    }

    func start(_ job: @escaping Job) {
        queue.async {
            job(
                Result {
                    if let connection = self.connection { return connection }
                    let connection = try self.open()
                    self.connection = connection
                    return connection
                }
            )
        }
    }

    /// Closes the connection after the jobs before; the caller starts no further ones.
    func close() async {
        await withCheckedContinuation { continuation in
            queue.async {
                self.connection = nil
                continuation.resume()
            }
        }
    }
}
#endif
