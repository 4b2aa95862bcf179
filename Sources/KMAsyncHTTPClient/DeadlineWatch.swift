#if AsyncHTTPClient
internal import Synchronization

/// Cancels tasks whose deadline has passed, with one sleeping task for all of them.
///
/// A timer for each call would cost more than all other work of the transport.
final class DeadlineWatch: Sendable {
    /// A task with a deadline.
    struct Entry: Hashable {
        fileprivate let number: UInt64
    }

    private struct State {
        var lastNumber: UInt64 = 0
        var watched: [Entry: (deadline: ContinuousClock.Instant, cancel: @Sendable () -> Void)] = [:]
        var sleeper: Task<Void, Never>?
        /// The time at which the sleeper wakes.
        var wakeTime: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    deinit { state.withLock { $0.sleeper?.cancel() } }

    /// Watches a task.
    ///
    /// - Parameters:
    ///   - deadline: The time at which the task is canceled.
    ///   - cancel: Cancels the task.
    /// - Returns: The entry, which ``end(_:)`` needs.
    func start(_ deadline: ContinuousClock.Instant, cancel: @escaping @Sendable () -> Void) -> Entry {
        state.withLock { state in
            state.lastNumber += 1
            let entry = Entry(number: state.lastNumber)
            state.watched[entry] = (deadline, cancel)
            if state.wakeTime.map({ deadline < $0 }) ?? true { sleep(until: deadline, &state) }
            return entry
        }
    }

    /// Stops watching a task.
    ///
    /// - Parameter entry: The entry of the task.
    /// - Returns: Whether its deadline had passed, so that it was canceled.
    func end(_ entry: Entry) -> Bool {
        state.withLock { $0.watched.removeValue(forKey: entry) == nil }
    }

    private func sleep(until time: ContinuousClock.Instant, _ state: inout State) {
        state.sleeper?.cancel()
        state.wakeTime = time
        // It must not inherit the priority and the task locals of the call that happens to start it.
        state.sleeper = Task.detached(priority: .high) { [weak self] in
            // An error means that another task has replaced this one, or that the watch was released.
            guard (try? await Task.sleep(until: time, clock: .continuous)) != nil else { return }
            self?.cancelOverdue()
        }
    }

    private func cancelOverdue() {
        let overdue = state.withLock { state -> [@Sendable () -> Void] in
            let now = ContinuousClock.now
            let overdue = state.watched.filter { $0.value.deadline <= now }
            for entry in overdue.keys { state.watched[entry] = nil }
            // Another call can have replaced this task in the meantime.
            state.sleeper?.cancel()
            state.sleeper = nil
            state.wakeTime = nil
            if let next = state.watched.values.lazy.map(\.deadline).min() { sleep(until: next, &state) }
            return overdue.values.map(\.cancel)
        }
        for cancel in overdue { cancel() }
    }
}
#endif
