#if PKCS11
internal import CKMPKCS11
internal import Foundation
internal import KMSecurity

/// Threads that do the blocking calls of PKCS#11, each with a session of its own.
///
/// Tasks wait without blocking Swift's threads. A thread starts when there is work and no thread is idle, up to a limit.
/// A token without a free session lowers the limit for a while.
///
/// A call that takes too long fails, and so does one that waits too long. A module cannot be interrupted, so the thread of
/// such a call stays until the module returns. It counts as one of the limit, and its session is not used again.
final class SessionPool: Sendable {
    private let core: Core

    /// Creates a pool without threads.
    ///
    /// - Parameters:
    ///   - limit: The largest number of sessions.
    ///   - waitingLimit: The largest number of waiting calls.
    ///   - callDuration: How long a call may wait, and how long it may then take.
    ///   - open: Opens a session and logs in.
    init(
        limit: Int,
        waitingLimit: Int,
        callDuration: Duration = .seconds(30),
        open: @escaping @Sendable () throws -> Session
    ) {
        core = Core(limit: limit, waitingLimit: waitingLimit, callDuration: callDuration, open: open)
    }

    // The threads hold the core, but not the pool.
    deinit { core.close(nil) }

    /// Calls `body` with the next free session.
    ///
    /// - Parameters:
    ///   - isRepeatable: Whether `body` may be called once more with a new session, if its session was lost.
    ///   - durationFactor: How many times longer than other calls the call may take.
    ///   - body: The calls. It must not keep the session. It can still run after this function has thrown.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` threw; ``KMError`` `hsmUnavailable` if there is no session, if too many calls wait, or if
    ///   the time limit is over; `CancellationError` if the task is cancelled while it waits.
    func run<Value: Sendable>(
        isRepeatable: Bool = true,
        durationFactor: Int = 1,
        _ body: @escaping @Sendable (Session) throws -> Value
    ) async throws -> Value {
        try core.checkProcess()
        let id = UUID()
        return try await withTaskCancellationHandler {
            try await Answer.wait { answer in
                let job = Core.Job(id: id, durationFactor: durationFactor) { worker in
                    do {
                        let value = try worker.perform(id, isRepeatable: isRepeatable, body)
                        answer.give(.success(value))
                    } catch is Core.NoFreeSession {
                        return false
                    } catch {
                        answer.give(.failure((error as? PKCS11Failure)?.error ?? error))
                    }
                    return true
                } fail: {
                    answer.give(.failure($0))
                }
                if Task.isCancelled { job.fail(CancellationError()) } else { core.submit(job) }
            }
        } onCancel: {
            core.cancel(id)
        }
    }

    /// Waits for the current calls, at most as long as a call may take, fails the waiting ones, and closes all sessions.
    func close() async {
        await withCheckedContinuation { core.close($0) }
    }
}

/// Gives a waiting task the first of several answers.
///
/// The answer is kept under the system's mutex. The thread sanitizer does not see how a continuation that is resumed
/// before its task waits hands a value over.
final class Answer<Value: Sendable>: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Void, Never>?
        var result: Result<Value, any Error>?
    }

    private let state = Locked(State())

    private init() {}

    /// Calls `start`, and waits for the answer that it arranges.
    static func wait(_ start: (Answer) -> Void) async throws -> Value {
        let answer = Answer()
        await withCheckedContinuation { continuation in
            answer.state.withLock { $0.continuation = continuation }
            start(answer)
        }
        guard let result = answer.state.withLock({ $0.result }) else {
            preconditionFailure("a task goes on only after an answer")
        }
        return try result.get()
    }

    func give(_ result: Result<Value, any Error>) {
        let waiting = state.withLock { state in
            defer { state.continuation = nil }
            if state.continuation != nil { state.result = result }
            return state.continuation
        }
        waiting?.resume()
    }
}
#endif
