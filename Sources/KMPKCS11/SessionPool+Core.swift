#if PKCS11
internal import CKMPKCS11
internal import Foundation
internal import KMSecurity

extension SessionPool {
    /// The state that the threads share.
    ///
    /// `@unchecked Sendable`: the state is accessed only under the lock of `condition`.
    final class Core: @unchecked Sendable {
        /// The token has no session left, but another thread of this pool has one.
        struct NoFreeSession: Error {}

        struct Job {
            let id: UUID
            let durationFactor: Int
            /// Does the work, or returns false if another thread must do it.
            let run: @Sendable (Worker) -> Bool
            let fail: @Sendable (any Error) -> Void
            /// Until when the job may wait, or, once it runs, until when it may take.
            var deadline = ContinuousClock.now

            init(
                id: UUID,
                durationFactor: Int,
                run: @escaping @Sendable (Worker) -> Bool,
                fail: @escaping @Sendable (any Error) -> Void
            ) {
                (self.id, self.durationFactor, self.run, self.fail) = (id, durationFactor, run, fail)
            }
        }

        private let condition = NSCondition()
        private let limit: Int
        private let waitingLimit: Int
        private let callDuration: Duration
        private let process = km_p11_process()
        let open: @Sendable () throws -> Session
        private var jobs: [Job] = []
        private var running: [UUID: Job] = [:]
        /// The jobs whose time is over, but which the module has not finished.
        private var hung: Set<UUID> = []
        private var threadCount = 0
        private var idleCount = 0
        private var sessionCount = 0
        private var isClosed = false
        private var closing: [CheckedContinuation<Void, Never>] = []
        /// Until when the callers of ``close(_:)`` wait.
        private var closingDeadline: ContinuousClock.Instant?
        /// The limit that the token has shown, and until when it applies.
        private var shownLimit: (count: Int, end: ContinuousClock.Instant)?
        /// Whether a thread looks at the deadlines.
        private var isWatched = false
        private let watchEnds = DispatchSemaphore(value: 0)

        init(limit: Int, waitingLimit: Int, callDuration: Duration, open: @escaping @Sendable () throws -> Session) {
            (self.limit, self.waitingLimit, self.open) = (max(1, limit), waitingLimit, open)
            self.callDuration = max(.milliseconds(1), callDuration)
        }

        /// Checks that the pool is used by the process that made it: a forked process does not have its threads.
        func checkProcess() throws {
            guard km_p11_process() == process else { throw ModuleHandle.forked() }
        }

        func submit(_ job: Job) {
            condition.lock()
            let fault = faultOfSubmission()
            if fault == nil {
                var job = job
                job.deadline = .now + callDuration
                jobs.append(job)
                startThreadIfNeeded()
                watch()
                condition.signal()
            }
            condition.unlock()
            if let fault { job.fail(KMError(.hsmUnavailable, "\(fault); the HSM was not asked")) }
        }

        /// Why no job can be accepted; nil if one can.
        ///
        /// The caller holds the lock.
        private func faultOfSubmission() -> String? {
            if isClosed { return "the token was closed, so open it again" }
            if jobs.count >= waitingLimit {
                return "\(jobs.count) calls wait already; try again later, or raise maximumSessionCount or "
                    + "maximumWaitingCount"
            }
            guard hung.count >= currentLimit else { return nil }
            return
                "the HSM did not finish \(hung.count) calls, and all sessions are in use; check the HSM and its network"
        }

        /// The number of threads that may run.
        ///
        /// The caller holds the lock.
        private var currentLimit: Int {
            if let shown = shownLimit, shown.end < .now { shownLimit = nil }
            return min(limit, shownLimit?.count ?? limit)
        }

        /// Starts a thread if there are more jobs than idle threads.
        ///
        /// The caller holds the lock.
        private func startThreadIfNeeded() {
            guard jobs.count > idleCount, threadCount < currentLimit else { return }
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
            let isDone = threadCount == hung.count
            if !isDone, let continuation {
                closing.append(continuation)
                if closingDeadline == nil { closingDeadline = .now + callDuration }
                watch()
            }
            condition.broadcast()
            if isWatched { watchEnds.signal() }
            condition.unlock()
            for job in waiting { job.fail(KMError(.hsmUnavailable, "the token was closed; the HSM was not asked")) }
            if isDone { continuation?.resume() }
        }

        private func runThread() {
            let worker = Worker(self)
            while let job = nextJob() {
                let isDone = job.run(worker)
                let isLate = condition.withLock {
                    running[job.id] = nil
                    return hung.contains(job.id)
                }
                if isLate {
                    // Closing can take long as well, and the job counts as hung until then.
                    worker.closeSession()
                    condition.withLock { _ = hung.remove(job.id) }
                    break
                }
                guard !isDone else { continue }
                // Another thread has a session and does the job.
                condition.withLock {
                    jobs.insert(job, at: 0)
                    shownLimit = (max(1, sessionCount), .now + .seconds(30))
                }
                break
            }
            worker.closeSession()
            condition.lock()
            threadCount -= 1
            // The thread with a session may have ended in the meantime.
            if !jobs.isEmpty { startThreadIfNeeded() }
            let continuations = isClosed && threadCount == hung.count ? takeClosing() : []
            if isClosed, isWatched { watchEnds.signal() }
            condition.signal()
            condition.unlock()
            for continuation in continuations { continuation.resume() }
        }

        /// The callers of ``close(_:)``, who then need not wait any longer.
        ///
        /// The caller holds the lock.
        private func takeClosing() -> [CheckedContinuation<Void, Never>] {
            let taken = closing
            (closing, closingDeadline) = ([], nil)
            return taken
        }

        private func nextJob() -> Job? {
            condition.lock()
            defer { condition.unlock() }
            idleCount += 1
            while jobs.isEmpty, !isClosed { condition.wait() }
            idleCount -= 1
            guard !jobs.isEmpty else { return nil }
            var job = jobs.removeFirst()
            job.deadline = .now + callDuration * job.durationFactor
            running[job.id] = job
            return job
        }

        /// Whether the time of a job is over, so that nothing more is asked for it.
        func isLate(_ id: UUID) -> Bool { condition.withLock { hung.contains(id) } }

        /// Notes that a session is being opened (1), or is closed (-1).
        func countSession(_ change: Int) { condition.withLock { sessionCount += change } }

        var hasSession: Bool { condition.withLock { sessionCount > 0 } }
    }
}

// The time limits.
extension SessionPool.Core {
    /// Starts a thread that looks at the deadlines, unless there is one.
    ///
    /// The caller holds the lock.
    private func watch() {
        guard !isWatched else { return }
        isWatched = true
        Thread.detachNewThread { self.runWatch() }
    }

    private func runWatch() {
        while let pause = endLateJobs() {
            let (seconds, attoseconds) = pause.components
            _ = watchEnds.wait(timeout: .now() + Double(seconds) + Double(attoseconds) / 1e18)
        }
    }

    /// Fails the jobs whose time is over.
    ///
    /// - Returns: The time until the next deadline; nil if nothing waits or runs.
    private func endLateJobs() -> Duration? {
        condition.lock()
        let now = ContinuousClock.now
        let waiting = jobs.filter { $0.deadline <= now }
        jobs.removeAll { $0.deadline <= now }
        let late = running.values.filter { $0.deadline <= now }
        for job in late {
            running[job.id] = nil
            hung.insert(job.id)
        }
        let isClosingOver = closingDeadline.map { $0 <= now } ?? false
        let continuations = isClosed && (threadCount == hung.count || isClosingOver) ? takeClosing() : []
        let deadlines = jobs.map(\.deadline) + running.values.map(\.deadline) + [closingDeadline].compactMap { $0 }
        let next = deadlines.min()
        if next == nil { isWatched = false }
        condition.unlock()
        let advice = "check the HSM and its network, or raise maximumCallDuration"
        for job in waiting {
            job.fail(
                KMError(.hsmUnavailable, "no session was free for \(callDuration); the HSM was not asked; \(advice)")
            )
        }
        for job in late {
            let duration = callDuration * job.durationFactor
            job.fail(KMError(.hsmUnavailable, "the HSM did not finish the call in \(duration); \(advice)"))
        }
        for continuation in continuations { continuation.resume() }
        // A new job can have an earlier deadline than the ones that are known now, but not before `callDuration`.
        return next.map { min(max(.milliseconds(1), now.duration(to: $0)), callDuration) }
    }
}

extension SessionPool {
    /// A thread and its session.
    final class Worker {
        private let core: Core
        private var session: Session?

        init(_ core: Core) { self.core = core }

        func perform<Value>(_ id: UUID, isRepeatable: Bool, _ body: (Session) throws -> Value) throws -> Value {
            let isNew = session == nil
            do {
                return try body(openSession())
            } catch let failure as PKCS11Failure
                where failure.isCuredByNewSession && (isRepeatable || session == nil) && !core.isLate(id)
            {
                closeSession()
                // The token may just have come back, so a new session gets a second try as well.
                return try body(openSession())
            } catch let error as KMError
                where error.code == .hsmKeyNotFound && isRepeatable && !isNew && !core.isLate(id)
            {
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
