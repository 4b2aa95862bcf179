#if SQLite
internal import Foundation
internal import KMSecurity

/// A store in a file of SQLite.
///
/// The processes of one machine can share the file; do not put it on a network file system. A file that this store
/// creates has mode 0600. SQLite keeps two files beside it, `PATH-wal` and `PATH-shm`, which belong to it. A call
/// returns when its effect is on the disk. What is erased is overwritten with zeros in the file. The log, `PATH-wal`,
/// can keep it until the store is closed.
public final class SQLitePARStore: PARRegistryStore {
    let pool: SQLitePool
    let path: String

    /// The number in the header of a registry's file, `KMPR` in ASCII.
    private static let applicationID = 0x4B4D_5052

    /// Opens a file, or creates it.
    ///
    /// - Parameters:
    ///   - path: The path of the file.
    ///   - creates: Whether the file is created if it does not exist. If it is false, a wrong path is an error.
    ///   - readerCount: The largest number of look-ups at the same time.
    /// - Throws: ``KMError`` `registryUnavailable` if the file does not exist, cannot be opened, or is not a registry.
    public init(path: String, creates: Bool = false, readerCount: Int = 4) throws {
        self.path = path
        let isNew = try Self.makeFile(path, creates)
        do {
            pool = SQLitePool(writer: try Self.openWriter(path, isNew), readerCount: readerCount) {
                try Self.openReader(path)
            }
        } catch {
            throw Self.fault(error, path)
        }
    }

    /// Creates a file of mode 0600, if it is to be created.
    ///
    /// - Parameters:
    ///   - path: The path of the file.
    ///   - creates: Whether the file is created if it does not exist.
    /// - Returns: Whether it did not exist.
    /// - Throws: ``KMError`` `registryUnavailable` if it does not exist, and is not to be created or cannot be.
    private static func makeFile(_ path: String, _ creates: Bool) throws -> Bool {
        guard creates else {
            guard FileManager.default.fileExists(atPath: path) else {
                throw KMError(
                    .registryUnavailable,
                    "\(path) does not exist; correct the path, or create the registry first"
                )
            }
            return false
        }
        // SQLite gives its other files the mode of the database. The descriptor of a file that exists would not be closed
        // safely: that drops the locks which other connections of this process have on it.
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 || errno == EEXIST else {
            throw KMError(.registryUnavailable, "\(path): \(unsafe String(cString: strerror(errno)))")
        }
        if descriptor >= 0 { _ = Foundation.close(descriptor) }
        return descriptor >= 0
    }

    /// What each connection needs, whether it reads or writes.
    private static let settings = """
        PRAGMA foreign_keys = ON;
        PRAGMA synchronous = FULL;
        PRAGMA secure_delete = ON;
        PRAGMA cache_size = -65536;
        PRAGMA mmap_size = 17179869184;
        PRAGMA temp_store = MEMORY;
        PRAGMA wal_autocheckpoint = 16384;
        """

    /// Opens the connection that writes.
    ///
    /// - Parameters:
    ///   - path: The path of the file.
    ///   - isNew: Whether the file was created for the registry.
    /// - Returns: The connection.
    /// - Throws: ``SQLiteError``, or ``KMError`` `registryUnavailable` if the file belongs to another program.
    static func openWriter(_ path: String, _ isNew: Bool) throws -> sending SQLiteConnection {
        let connection = try SQLiteConnection(path: path, busyTimeout: 30_000)
        if isNew { try connection.execute("PRAGMA application_id = \(applicationID)") }
        // Nothing is written into the file of another program.
        guard try connection.int("PRAGMA application_id") == applicationID else {
            throw KMError(.registryUnavailable, "\(path) is a database of another program")
        }
        try connection.execute(settings)
        let mode = try connection.statement("PRAGMA journal_mode = WAL").firstRow { try $0.text(0) }
        guard mode == "wal" else {
            throw KMError(
                .registryUnavailable,
                "\(path): SQLite cannot keep a log beside the file; put both on a local file system, in a folder that "
                    + "you can write to"
            )
        }
        return connection
    }

    /// Opens a connection that reads.
    ///
    /// - Parameter path: The path of the file.
    /// - Returns: The connection.
    /// - Throws: ``SQLiteError``.
    private static func openReader(_ path: String) throws -> SQLiteConnection {
        // Only the start and the end of other processes lock readers out, for a moment.
        let connection = try SQLiteConnection(path: path, busyTimeout: 10_000)
        try connection.execute(settings + "PRAGMA query_only = ON;")
        return connection
    }

    /// Closes the file after the calls in progress.
    ///
    /// Every later call throws.
    public func close() async { await pool.close() }

    static func fault(_ error: any Error, _ path: String) -> any Error {
        guard let error = error as? SQLiteError else { return error }
        return KMError(.registryUnavailable, "\(path): SQLite: \(error.message)")
    }

    /// Calls `body` in a transaction of a connection that reads.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (SQLiteConnection) throws -> Value
    ) async throws -> Value {
        do {
            return try await pool.read { database in try database.transaction(.reading) { try body(database) } }
        } catch {
            throw Self.fault(error, path)
        }
    }

    /// Calls `body` in a transaction of the connection that writes.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (SQLiteConnection) throws -> Value
    ) async throws -> Value {
        do {
            return try await pool.write { database in try database.transaction(.writing) { try body(database) } }
        } catch {
            throw Self.fault(error, path)
        }
    }
}

extension SQLitePARStore: CustomStringConvertible {
    /// The name of the type.
    public var description: String { "SQLitePARStore" }
}
#endif
