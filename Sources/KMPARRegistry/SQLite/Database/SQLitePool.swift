#if SQLite
internal import KMSecurity
internal import Synchronization

/// Connections to a file of SQLite: one that writes, and several that read meanwhile.
///
/// Each blocks a thread of its own, and never those of Swift's tasks.
final class SQLitePool: Sendable {
    private typealias Job = SQLiteThread.Job

    private struct Readers {
        /// The readers that have no job.
        var idle: [SQLiteThread]
        /// The jobs that wait for a reader.
        var waiting: [Job] = []
        var isClosed = false
        /// The calls that wait until all readers are idle.
        var closing: [CheckedContinuation<Void, Never>] = []
    }

    /// Whether the task that waits for a job was canceled.
    private final class Cancellation: Sendable {
        let isRequested = Atomic(false)
    }

    private let writer: SQLiteThread
    private let allReaders: [SQLiteThread]
    private let readers: Locked<Readers>

    /// Creates a pool.
    ///
    /// - Parameters:
    ///   - writer: The connection that writes, which nothing else uses.
    ///   - readerCount: The largest number of connections that read.
    ///   - openReader: Opens a connection that reads, when it is first needed.
    init(
        writer: sending SQLiteConnection,
        readerCount: Int,
        openReader: @escaping @Sendable () throws -> SQLiteConnection
    ) {
        self.writer = SQLiteThread(writer)
        allReaders = (0..<max(1, readerCount)).map { _ in SQLiteThread(openReader) }
        readers = Locked(Readers(idle: allReaders))
    }

    /// Calls `body` with the connection that writes, after the calls before.
    ///
    /// - Parameter body: Executes statements.
    /// - Returns: What `body` returns.
    /// - Throws: ``SQLiteError`` after ``close()``, `CancellationError` if the task is canceled before the call starts, or
    ///   what `body` throws.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (SQLiteConnection) throws -> Value
    ) async throws -> Value {
        try await perform(body) { [writer] in writer.start($0) }
    }

    /// Calls `body` with the next free connection that reads.
    ///
    /// - Parameter body: Executes statements.
    /// - Returns: What `body` returns.
    /// - Throws: ``SQLiteError`` if no connection can be opened, and after ``close()``; `CancellationError` if the task is
    ///   canceled before the call starts; or what `body` throws.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (SQLiteConnection) throws -> Value
    ) async throws -> Value {
        try await perform(body) { submit($0) }
    }

    /// Starts a job that calls `body`, unless the task is canceled while the job waits.
    private func perform<Value: Sendable>(
        _ body: @escaping @Sendable (SQLiteConnection) throws -> Value,
        _ start: (@escaping Job) -> Void
    ) async throws -> Value {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                start { connection in
                    continuation.resume(
                        with: Result {
                            let connection = try connection.get()
                            guard !cancellation.isRequested.load(ordering: .relaxed) else { throw CancellationError() }
                            return try body(connection)
                        }
                    )
                }
            }
        } onCancel: {
            cancellation.isRequested.store(true, ordering: .relaxed)
        }
    }

    private func submit(_ job: @escaping Job) {
        let (reader, isClosed) = readers.withLock { readers -> (SQLiteThread?, Bool) in
            if readers.isClosed { return (nil, true) }
            if let reader = readers.idle.popLast() { return (reader, false) }
            readers.waiting.append(job)
            return (nil, false)
        }
        if isClosed { return job(.failure(SQLiteThread.closed)) }
        reader.map { start(job, $0) }
    }

    /// Runs a job on a reader, and then the jobs that wait.
    private func start(_ job: @escaping Job, _ reader: SQLiteThread) {
        reader.start { connection in
            job(connection)
            let (next, closing) = self.readers.withLock { readers -> (Job?, [CheckedContinuation<Void, Never>]) in
                if !readers.waiting.isEmpty { return (readers.waiting.removeFirst(), []) }
                readers.idle.append(reader)
                guard readers.idle.count == self.allReaders.count else { return (nil, []) }
                defer { readers.closing = [] }
                return (nil, readers.closing)
            }
            if let next { self.start(next, reader) }
            for continuation in closing { continuation.resume() }
        }
    }

    /// Closes the connections after the calls in progress, and empties the log if no other process uses it.
    ///
    /// Every later call throws.
    func close() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isIdle = readers.withLock { readers in
                readers.isClosed = true
                if readers.idle.count == allReaders.count { return true }
                readers.closing.append(continuation)
                return false
            }
            if isIdle { continuation.resume() }
        }
        for reader in allReaders { await reader.close() }
        // Also in a task that was canceled.
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            writer.start { connection in
                // If another connection reads, its log stays.
                try? connection.get().truncateLog()
                continuation.resume()
            }
        }
        await writer.close()
    }
}
#endif
