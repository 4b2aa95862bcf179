#if Redis
internal import KMSecurity
internal import Logging
internal import NIOCore

/// Logs when the store becomes unavailable and when it is available again, and not each rejected request.
final class RedisHealth: Sendable {
    private struct State {
        var isFailing = false
        /// Whether only an answer to a claim shows that the fault is over, because the server answers other commands.
        var needsClaim = false
        var lastFailure = NIODeadline.now()
        /// Whether something succeeded since the last fault.
        var hasSucceeded = false
        var failureCount = 0
    }

    private let address: RedisReplayGuard.Address
    private let logger: Logger?
    private let state = Locked(State())

    init(_ address: RedisReplayGuard.Address, _ logger: Logger?) {
        self.address = address
        self.logger = logger
    }

    /// Reports a fault.
    ///
    /// - Parameters:
    ///   - error: The fault.
    ///   - needsClaim: Whether only an answer to a claim shows that it is over.
    ///   - isClaim: Whether a claim was rejected.
    func failed(_ error: KMError, needsClaim: Bool, isClaim: Bool) {
        let isNew = state.withLock { state in
            defer {
                state.isFailing = true
                state.needsClaim = needsClaim
                state.lastFailure = .now()
                state.hasSucceeded = false
                if isClaim { state.failureCount += 1 }
            }
            return !state.isFailing
        }
        guard isNew else { return }
        logger?.error(
            "replay store unavailable",
            metadata: ["km.store": "\(address)", "km.code": "\(error.code)", "km.detail": "\(error.detail)"]
        )
    }

    /// Reports that a claim was answered (`isClaim`), or that a connection was opened and checked.
    func succeeded(isClaim: Bool) {
        state.withLock { state in
            if state.isFailing, isClaim || !state.needsClaim { state.hasSucceeded = true }
        }
    }

    /// Logs the end of a fault that did not come back for a second.
    ///
    /// Faults that come and go many times a second are one fault.
    func report() {
        let failureCount: Int? = state.withLock { state in
            guard state.isFailing, state.hasSucceeded, state.lastFailure + .seconds(1) <= .now() else { return nil }
            state.isFailing = false
            defer { state.failureCount = 0 }
            return state.failureCount
        }
        guard let failureCount else { return }
        logger?.notice(
            "replay store available again",
            metadata: ["km.store": "\(address)", "km.rejected": "\(failureCount)"]
        )
    }
}
#endif
