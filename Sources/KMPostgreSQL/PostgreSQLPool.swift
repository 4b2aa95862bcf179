#if PostgreSQL
internal import Foundation
internal import KMSecurity
package import Logging

/// Connections to PostgreSQL, each on a thread of its own, which reconnect by themselves.
///
/// Jobs block these threads, and never those of Swift's tasks. While no connection can be made, jobs fail at once.
///
/// `@unchecked Sendable`: the state is accessed only under the lock of `condition`.
package final class PostgreSQLPool: @unchecked Sendable {
    /// Work for a connection, which is called exactly once.
    ///
    /// It receives the reason if there is no connection.
    package typealias Job = @Sendable (Result<PostgreSQLConnection, PostgreSQLError>) -> Void

    /// How a pool connects.
    package struct Configuration: Sendable {
        /// The keywords and values, or the URI, that libpq documents.
        package var connectionString: String
        /// The name that PostgreSQL lists for the connections.
        package var applicationName: String
        /// The number of connections.
        package var connectionCount: Int
        /// The longest time for a statement, and the longest time that a job waits for a connection.
        package var timeout: Duration
        /// Sets up and checks a new connection.
        package var prepare: @Sendable (PostgreSQLConnection) throws -> Void

        /// Creates a configuration.
        package init(
            connectionString: String,
            applicationName: String,
            connectionCount: Int,
            timeout: Duration,
            prepare: @escaping @Sendable (PostgreSQLConnection) throws -> Void
        ) {
            self.connectionString = connectionString
            self.applicationName = applicationName
            self.connectionCount = max(1, connectionCount)
            self.timeout = timeout
            self.prepare = prepare
        }
    }

    private struct QueuedJob {
        let job: Job
        let deadline: ContinuousClock.Instant
    }

    private struct State {
        var jobs: [QueuedJob] = []
        var hasSweep = false
        var connectedCount = 0
        var runningCount = 0
        var isClosed = false
        /// Why no connection can be made; nil if there is one, or if a connection is being made for the first time.
        var failure: PostgreSQLError?
        /// The number of threads that wait before they connect again.
        var pausedCount = 0
        /// The number of calls of ``PostgreSQLPool/reconnectNow()``.
        var reconnectCount = 0
        var closing: [CheckedContinuation<Void, Never>] = []
    }

    private let configuration: Configuration
    private let outages: OutageLog
    private let condition = NSCondition()
    private var state = State()

    /// Creates a pool and starts to connect.
    ///
    /// Its threads keep it alive until it is closed.
    ///
    /// - Parameters:
    ///   - configuration: How the pool connects.
    ///   - name: The name of the service in the log.
    ///   - logger: The logger that receives the start of an outage at error level, and its end at notice level.
    package init(_ configuration: Configuration, name: String, logger: Logger?) {
        self.configuration = configuration
        outages = OutageLog(name: name, logger: logger)
        state.runningCount = configuration.connectionCount
        for _ in 0..<configuration.connectionCount { Thread.detachNewThread { self.runThread() } }
    }

    /// Runs a job on the next free connection.
    ///
    /// - Parameter job: The job. It receives an error if no connection can be made, or none becomes free in time.
    package func submit(_ job: @escaping Job) {
        condition.lock()
        if let failure = state.failure {
            condition.unlock()
            return job(.failure(failure))
        }
        state.jobs.append(QueuedJob(job: job, deadline: .now + configuration.timeout))
        let needsSweep = !state.hasSweep
        state.hasSweep = true
        // A signal could wake a thread that waits before it connects again.
        if state.pausedCount == 0 { condition.signal() } else { condition.broadcast() }
        condition.unlock()
        if needsSweep { sweepLater(configuration.timeout) }
    }

    /// Calls `body` with the next free connection, on the thread of the connection.
    ///
    /// - Parameter body: The statements.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` threw, or ``PostgreSQLError`` if there is no connection.
    package func perform<Value: Sendable>(
        _ body: @escaping @Sendable (PostgreSQLConnection) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            submit { connection in continuation.resume(with: Result { try body(connection.get()) }) }
        }
    }

    /// Connects without a pause, because the cause of the failure was removed.
    ///
    /// Jobs wait until then.
    package func reconnectNow() {
        condition.lock()
        if !state.isClosed { state.failure = nil }
        state.reconnectCount += 1
        condition.broadcast()
        condition.unlock()
    }

    /// Logs that the server rejects statements, once until it executes one again.
    package func reportRejection(_ error: PostgreSQLError) { outages.begin(.rejection, "\(error)") }

    /// Logs that the server executes statements again, if it rejected them before.
    package func reportSuccess() { outages.end(.rejection) }

    /// Closes all connections after the statements in progress.
    ///
    /// Jobs that wait fail.
    package func close() {
        let closed = PostgreSQLError("the connections were closed")
        condition.lock()
        state.isClosed = true
        state.failure = closed
        let jobs = takeJobs()
        condition.broadcast()
        condition.unlock()
        for job in jobs { job.job(.failure(closed)) }
    }

    /// Closes all connections, and waits until they are closed.
    package func closeAndWait() async {
        close()
        await withCheckedContinuation { continuation in
            condition.lock()
            let isRunning = state.runningCount > 0
            if isRunning { state.closing.append(continuation) }
            condition.unlock()
            if !isRunning { continuation.resume() }
        }
    }

    // MARK: Threads

    private func runThread() {
        var connection: PostgreSQLConnection?
        var delay = Self.firstDelay
        while true {
            guard let open = connection else {
                guard !isClosed else { break }
                connection = connect(after: &delay)
                continue
            }
            guard let job = nextJob(for: open) else {
                if isClosed { break }
                if !open.isOpen {
                    lose(PostgreSQLError("the server closed an idle connection"))
                    connection = nil
                }
                continue
            }
            job(.success(open))
            if !open.isOpen {
                lose(PostgreSQLError("a connection was lost during a statement"))
                connection = nil
            }
        }
        connection?.close()
        condition.lock()
        state.runningCount -= 1
        let closing = state.runningCount == 0 ? state.closing : []
        if state.runningCount == 0 { state.closing = [] }
        condition.unlock()
        for continuation in closing { continuation.resume() }
    }

    /// Waits for a job for at most a second; nil if there is none, or if the connection turns out to be closed.
    private func nextJob(for connection: PostgreSQLConnection) -> Job? {
        condition.lock()
        defer { condition.unlock() }
        if state.jobs.isEmpty, !state.isClosed { _ = condition.wait(until: Date(timeIntervalSinceNow: 1)) }
        guard !state.isClosed, connection.checkIdle(), !state.jobs.isEmpty else {
            // Another thread may be free for a job that this one was woken for.
            if !state.jobs.isEmpty { condition.signal() }
            return nil
        }
        return state.jobs.removeFirst().job
    }

    private static let firstDelay = 0.05
    private static let longestDelay = 2.0

    /// Connects; on failure it waits before it returns, longer each time.
    private func connect(after delay: inout Double) -> PostgreSQLConnection? {
        let fault: PostgreSQLError
        do {
            let connection = try PostgreSQLConnection(
                connectionString: configuration.connectionString,
                applicationName: configuration.applicationName,
                timeout: configuration.timeout
            )
            try configuration.prepare(connection)
            delay = Self.firstDelay
            condition.lock()
            state.connectedCount += 1
            if !state.isClosed { state.failure = nil }
            condition.unlock()
            outages.end(.disconnection)
            return connection
        } catch {
            fault = error as? PostgreSQLError ?? PostgreSQLError("a new connection could not be set up")
        }
        condition.lock()
        var jobs: [QueuedJob] = []
        let isDisconnected = state.connectedCount == 0 && !state.isClosed
        if isDisconnected {
            state.failure = fault
            jobs = takeJobs()
        }
        condition.unlock()
        if isDisconnected { outages.begin(.disconnection, "\(fault)") }
        for job in jobs { job.job(.failure(fault)) }
        pause(for: delay)
        delay = min(delay * 2, Self.longestDelay)
        return nil
    }

    private func pause(for delay: Double) {
        condition.lock()
        defer { condition.unlock() }
        // The times of several servers must not coincide.
        let end = Date(timeIntervalSinceNow: delay * Double.random(in: 0.5...1))
        let reconnectCount = state.reconnectCount
        state.pausedCount += 1
        while !state.isClosed, state.reconnectCount == reconnectCount, condition.wait(until: end) {}
        state.pausedCount -= 1
    }

    private func lose(_ error: PostgreSQLError) {
        condition.lock()
        state.connectedCount -= 1
        let isDisconnected = state.connectedCount == 0 && !state.isClosed
        condition.unlock()
        if isDisconnected { outages.begin(.disconnection, "\(error)") }
    }

    private var isClosed: Bool {
        condition.lock()
        defer { condition.unlock() }
        return state.isClosed
    }

    /// Removes all jobs that wait; call it under the lock.
    private func takeJobs() -> [QueuedJob] {
        defer { state.jobs = [] }
        return state.jobs
    }

    // MARK: Deadlines of jobs

    private func sweepLater(_ delay: Duration) {
        let time = DispatchTime.now() + max(delay / .seconds(1), 0.001)
        DispatchQueue.global().asyncAfter(deadline: time) { [weak self] in self?.sweep() }
    }

    private func sweep() {
        let now = ContinuousClock.now
        condition.lock()
        let late = state.jobs.prefix { $0.deadline <= now }
        state.jobs.removeFirst(late.count)
        let next = state.jobs.first?.deadline
        state.hasSweep = next != nil
        condition.unlock()
        let error = PostgreSQLError("no connection became free within \(configuration.timeout)")
        for job in late { job.job(.failure(error)) }
        if let next { sweepLater(now.duration(to: next)) }
    }
}
#endif
