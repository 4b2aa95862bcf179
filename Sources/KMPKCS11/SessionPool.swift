#if PKCS11
internal import CKMPKCS11
internal import Foundation
internal import KMSecurity

/// Threads that do the blocking calls of PKCS#11, each with a session of its own.
///
/// Tasks wait without blocking Swift's threads. A thread starts when there is work and no thread is idle, up to a limit.
/// A token without a free session lowers the limit for a while.
final class SessionPool: Sendable {
    private let core: Core

    /// Creates a pool without threads.
    ///
    /// - Parameters:
    ///   - limit: The largest number of sessions.
    ///   - waitingLimit: The largest number of waiting calls.
    ///   - open: Opens a session and logs in.
    init(limit: Int, waitingLimit: Int, open: @escaping @Sendable () throws -> Session) {
        core = Core(limit: limit, waitingLimit: waitingLimit, open: open)
    }

    // The threads hold the core, but not the pool.
    deinit { core.close(nil) }

    /// Calls `body` with the next free session.
    ///
    /// - Parameters:
    ///   - isRepeatable: Whether `body` may be called once more with a new session, if its session was lost.
    ///   - body: The calls. It must not keep the session.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` threw; ``KMError`` `hsmUnavailable` if there is no session, or if too many calls wait;
    ///   `CancellationError` if the task is cancelled while it waits.
    func run<Value: Sendable>(
        isRepeatable: Bool = true,
        _ body: @escaping @Sendable (Session) throws -> Value
    ) async throws -> Value {
        let id = UUID()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
                let job = Core.Job(id: id) { worker in
                    do {
                        let value = try worker.perform(isRepeatable: isRepeatable, body)
                        continuation.resume(returning: value)
                    } catch is Core.NoFreeSession {
                        return false
                    } catch {
                        continuation.resume(throwing: (error as? PKCS11Failure)?.error ?? error)
                    }
                    return true
                } fail: {
                    continuation.resume(throwing: $0)
                }
                if Task.isCancelled { job.fail(CancellationError()) } else { core.submit(job) }
            }
        } onCancel: {
            core.cancel(id)
        }
    }

    /// Waits for the current calls, fails the waiting ones, and closes all sessions.
    func close() async {
        await withCheckedContinuation { core.close($0) }
    }
}

extension SessionPool {
    /// The state that the threads share.
    ///
    /// `@unchecked Sendable`: the state is accessed only under the lock of `condition`.
    fileprivate final class Core: @unchecked Sendable {
        /// The token has no session left, but another thread of this pool has one.
        struct NoFreeSession: Error {}

        struct Job {
            let id: UUID
            /// Does the work, or returns false if another thread must do it.
            let run: @Sendable (Worker) -> Bool
            let fail: @Sendable (any Error) -> Void
        }

        private let condition = NSCondition()
        private let limit: Int
        private let waitingLimit: Int
        let open: @Sendable () throws -> Session
        private var jobs: [Job] = []
        private var threadCount = 0
        private var idleCount = 0
        private var sessionCount = 0
        private var isClosed = false
        private var closing: [CheckedContinuation<Void, Never>] = []
        /// The limit that the token has shown, and until when it applies.
        private var shownLimit: (count: Int, end: ContinuousClock.Instant)?

        init(limit: Int, waitingLimit: Int, open: @escaping @Sendable () throws -> Session) {
            (self.limit, self.waitingLimit, self.open) = (max(1, limit), waitingLimit, open)
        }

        func submit(_ job: Job) {
            condition.lock()
            let fault = isClosed ? "the token was closed" : jobs.count >= waitingLimit ? "too many calls wait" : nil
            if fault == nil {
                jobs.append(job)
                startThreadIfNeeded()
                condition.signal()
            }
            condition.unlock()
            if let fault { job.fail(KMError(.hsmUnavailable, "\(fault); the HSM was not asked")) }
        }

        /// Starts a thread if there are more jobs than idle threads.
        ///
        /// The caller holds the lock.
        private func startThreadIfNeeded() {
            if let shown = shownLimit, shown.end < .now { shownLimit = nil }
            guard jobs.count > idleCount, threadCount < min(limit, shownLimit?.count ?? limit) else { return }
            threadCount += 1
            Thread.detachNewThread { self.runThread() }
        }

        func cancel(_ id: UUID) {
            let job = condition.withLock {
                jobs.firstIndex { $0.id == id }.map { jobs.remove(at: $0) }
            }
            job?.fail(CancellationError())
        }

        func close(_ continuation: CheckedContinuation<Void, Never>?) {
            condition.lock()
            isClosed = true
            let waiting = jobs
            jobs = []
            let isDone = threadCount == 0
            if !isDone, let continuation { closing.append(continuation) }
            condition.broadcast()
            condition.unlock()
            for job in waiting { job.fail(KMError(.hsmUnavailable, "the token was closed; the HSM was not asked")) }
            if isDone { continuation?.resume() }
        }

        private func runThread() {
            let worker = Worker(self)
            while let job = nextJob() {
                guard job.run(worker) else {
                    // Another thread has a session and does the job.
                    condition.withLock {
                        jobs.insert(job, at: 0)
                        shownLimit = (max(1, sessionCount), .now + .seconds(30))
                    }
                    break
                }
            }
            worker.closeSession()
            condition.lock()
            threadCount -= 1
            // The thread with a session may have ended in the meantime.
            if threadCount == 0, !jobs.isEmpty { startThreadIfNeeded() }
            let continuations = isClosed && threadCount == 0 ? closing : []
            if !continuations.isEmpty { closing = [] }
            condition.signal()
            condition.unlock()
            for continuation in continuations { continuation.resume() }
        }

        private func nextJob() -> Job? {
            condition.lock()
            defer { condition.unlock() }
            idleCount += 1
            while jobs.isEmpty, !isClosed { condition.wait() }
            idleCount -= 1
            return jobs.isEmpty ? nil : jobs.removeFirst()
        }

        /// Notes that a session is being opened (1), or is closed (-1).
        func countSession(_ change: Int) { condition.withLock { sessionCount += change } }

        var hasSession: Bool { condition.withLock { sessionCount > 0 } }
    }

    /// A thread and its session.
    fileprivate final class Worker {
        private let core: Core
        private var session: Session?

        init(_ core: Core) { self.core = core }

        func perform<Value>(isRepeatable: Bool, _ body: (Session) throws -> Value) throws -> Value {
            let isNew = session == nil
            do {
                return try body(openSession())
            } catch let failure as PKCS11Failure where failure.isCuredByNewSession && (isRepeatable || session == nil) {
                closeSession()
                // The token may just have come back, so a new session gets a second try as well.
                return try body(openSession())
            } catch let error as KMError where error.code == .hsmKeyNotFound && isRepeatable && !isNew {
                // A token hides private objects when its login is lost.
                closeSession()
                return try body(openSession())
            }
        }

        private func openSession() throws -> Session {
            if let session { return session }
            // Counted before it is opened: another thread whose attempt fails meanwhile must know of it.
            core.countSession(1)
            do {
                let opened = try core.open()
                session = opened
                return opened
            } catch {
                core.countSession(-1)
                let isExhausted = (error as? PKCS11Failure)?.rv == KM_CKR_SESSION_COUNT
                throw isExhausted && core.hasSession ? Core.NoFreeSession() : error
            }
        }

        func closeSession() {
            guard let session else { return }
            session.close()
            self.session = nil
            core.countSession(-1)
        }
    }
}
#endif
