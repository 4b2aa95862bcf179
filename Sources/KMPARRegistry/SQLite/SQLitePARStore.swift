#if SQLite
internal import Foundation
internal import GRDB
internal import KMSecurity

/// A store in a file of SQLite.
///
/// The processes of one machine can share the file; do not put it on a network file system. A file that this store
/// creates has mode 0600. SQLite keeps two files beside it, `PATH-wal` and `PATH-shm`, which belong to it. A call
/// returns when its effect is on the disk. What is erased is overwritten with zeros in the file. The log, `PATH-wal`,
/// can keep it until the store is closed.
public final class SQLitePARStore: PARRegistryStore {
    let pool: DatabasePool
    private let path: String

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
        try Self.makeFile(path, creates)
        var configuration = GRDB.Configuration()
        configuration.maximumReaderCount = max(1, readerCount)
        configuration.busyMode = .timeout(30)
        configuration.prepareDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA synchronous = FULL;
                    PRAGMA secure_delete = ON;
                    PRAGMA cache_size = -65536;
                    PRAGMA mmap_size = 17179869184;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA wal_autocheckpoint = 16384;
                    """
            )
        }
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
            // The pool sets its writer to NORMAL, with which a commit can be lost when the power fails.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        } catch {
            throw Self.fault(error, path)
        }
    }

    /// Checks that a file is a registry, or creates one without tables.
    static func makeFile(_ path: String, _ creates: Bool) throws {
        var isNew = false
        if creates {
            // SQLite gives its other files the mode of the database. The descriptor of a file that exists would not be
            // closed safely: that drops the locks which other connections of this process have on it.
            let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 || errno == EEXIST else {
                throw KMError(.registryUnavailable, "\(path): \(unsafe String(cString: strerror(errno)))")
            }
            if descriptor >= 0 { _ = Foundation.close(descriptor) }
            isNew = descriptor >= 0
        } else if !FileManager.default.fileExists(atPath: path) {
            throw KMError(
                .registryUnavailable,
                "\(path) does not exist; correct the path, or create the registry first"
            )
        }
        do {
            var configuration = GRDB.Configuration()
            configuration.busyMode = .timeout(30)
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            if isNew {
                try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA application_id = \(applicationID)") }
            }
            guard try queue.read({ try Int.fetchOne($0, sql: "PRAGMA application_id") }) == applicationID else {
                throw KMError(.registryUnavailable, "\(path) is a database of another program")
            }
        } catch {
            throw fault(error, path)
        }
    }

    /// Closes the file after the calls in progress.
    ///
    /// Every later call throws.
    public func close() async {
        // The log must not keep what was erased. If another connection reads, its log stays.
        _ = try? await pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try? pool.close()
    }

    static func fault(_ error: any Error, _ path: String) -> any Error {
        // Its message has names of tables and columns, and no values.
        guard let error = error as? DatabaseError else { return error }
        return KMError(
            .registryUnavailable,
            "\(path): SQLite: \(error.message ?? "error \(error.resultCode.rawValue)")"
        )
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch {
            throw Self.fault(error, path)
        }
    }

    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.write(body)
        } catch {
            throw Self.fault(error, path)
        }
    }

    /// See ``PARRegistryStore/prepare(lookupKey:)``.
    public func prepare(lookupKey: RegistryKeyName?) async throws -> RegistryState {
        try await write { database in
            let isNew = try Int.fetchOne(database, sql: "PRAGMA user_version") == 0
            guard !isNew || lookupKey != nil else {
                throw KMError(.registryUnavailable, "\(self.path) has no registry; create the registry first")
            }
            if let version = try SQLiteRegistrySchema.migrate(database) {
                throw KMError(
                    .registryUnavailable,
                    "a newer version of KMSecurity made the registry (version \(version) of its tables); update this one"
                )
            }
            if let lookupKey, isNew {
                try database.execute(
                    sql: """
                        INSERT INTO registry (id, epoch, current_version, current_check, hash_column)
                        VALUES (1, 1, ?, ?, 0)
                        """,
                    arguments: [Int64(lookupKey.version), lookupKey.keyCheckValue]
                )
            }
            return try Self.state(database)
        }
    }

    /// See ``PARRegistryStore/state()``.
    public func state() async throws -> RegistryState { try await read(Self.state) }

    static func state(_ database: Database) throws -> RegistryState {
        let statement = try database.cachedStatement(
            sql: """
                SELECT epoch, hash_column, current_version, current_check, next_version, next_check,
                    retired_version, retired_check, sealing_keys FROM registry
                """
        )
        guard let row = try Row.fetchOne(statement) else {
            throw KMError(.registryUnavailable, "the registry was not prepared")
        }
        func name(_ column: Int) throws -> RegistryKeyName? {
            guard let version = row[column] as Int64? else { return nil }
            guard let number = UInt32(exactly: version), let check = row[column + 1] as String? else {
                throw RegistryRow.damaged("the state of the keys")
            }
            return RegistryKeyName(version: number, keyCheckValue: check)
        }
        guard let current = try name(2), let column = RegistryState.Column(rawValue: row[1]) else {
            throw RegistryRow.damaged("the state of the keys")
        }
        return RegistryState(
            epoch: row[0],
            current: current,
            column: column,
            next: try name(4),
            retired: try name(6),
            sealingKeys: try RegistryState.sealingKeys(row[8])
        )
    }

    static func expect(_ expected: RegistryState, _ database: Database) throws {
        guard try state(database) == expected else { throw KMError(.registryChanged) }
    }

    /// See ``PARRegistryStore/change(_:to:)``.
    public func change(_ expected: RegistryState, to state: RegistryState) async throws -> RegistryState {
        try await write { database in
            try Self.expect(expected, database)
            try database.execute(
                sql: """
                    UPDATE registry SET epoch = ?, hash_column = ?, current_version = ?, current_check = ?,
                        next_version = ?, next_check = ?, retired_version = ?, retired_check = ?, sealing_keys = ?
                    """,
                arguments: [
                    expected.epoch &+ 1, state.column.rawValue, Int64(state.current.version),
                    state.current.keyCheckValue, (state.next?.version).map { Int64($0) }, state.next?.keyCheckValue,
                    (state.retired?.version).map { Int64($0) }, state.retired?.keyCheckValue, state.sealingKeyList,
                ]
            )
            return try Self.state(database)
        }
    }
}

extension SQLitePARStore: CustomStringConvertible {
    /// The name of the type.
    public var description: String { "SQLitePARStore" }
}
#endif
