#if Sandbox
import KMDiagnosis
import KMSecurity

/// The newest calls, bounded in number and in bytes, and those who watch them.
final class CallHistory: Sendable {
    /// An event for watchers.
    enum Event: Sendable {
        /// A call was added. An event that waits for a slow watcher does not keep the bodies of the call in memory.
        case call(CallSummary, warnings: [String], response: String?)
        /// A key, a setting or the history itself has changed.
        case change
        /// Nothing happened; without a sign of life, a dead connection would not be noticed.
        case keepAlive
    }

    /// The counts since the start.
    struct Counts: Sendable {
        var all = 0
        var accepted = 0
        var rejected = 0
        /// The calls that the tool made itself.
        var callbacks = 0
    }

    private struct State {
        /// The calls that are kept, as a ring: the oldest is at `start`.
        var calls: [RecordedCall?]
        var start = 0
        var keptCount = 0
        var byteCount = 0
        var lastNumber = 0
        var counts = Counts()
        var watchers: [Int: AsyncStream<Event>.Continuation] = [:]
        var lastWatcher = 0
        var isClosed = false
    }

    /// The most bytes that all kept calls take.
    private static let maximumByteCount = 64 << 20
    /// The most watchers at a time; a browser has one for each open page.
    private static let maximumWatcherCount = 32

    private let state: Locked<State>

    /// Creates an empty history of `capacity` calls, at least one.
    init(capacity: Int) {
        state = Locked(State(calls: Array(repeating: nil, count: max(1, capacity))))
    }

    /// The number for the next call.
    func nextNumber() -> Int {
        state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
    }

    /// Adds a call, and forgets the oldest ones that have no room any more.
    func add(_ call: RecordedCall) {
        let call = call.bounded().withoutRealCardNumbers()
        let watchers = state.withLock { state in
            state.counts.all += 1
            if call.direction == .callback { state.counts.callbacks += 1 }
            switch call.judgment.verdict {
            case .accepted: state.counts.accepted += 1
            case .rejected: state.counts.rejected += 1
            case .undecided: break
            }
            while state.keptCount == state.calls.count
                || (state.keptCount > 0 && state.byteCount + call.byteCount > Self.maximumByteCount)
            {
                Self.removeOldest(&state)
            }
            state.calls[(state.start + state.keptCount) % state.calls.count] = call
            state.keptCount += 1
            state.byteCount += call.byteCount
            return Array(state.watchers.values)
        }
        guard !watchers.isEmpty else { return }
        let event = Event.call(
            CallSummary(call),
            warnings: call.judgment.warnings,
            // A callback has only the judgment of its response.
            response: call.direction == .callback ? nil : call.responseJudgment?.summary
        )
        for watcher in watchers { watcher.yield(event) }
    }

    private static func removeOldest(_ state: inout State) {
        state.byteCount -= state.calls[state.start]?.byteCount ?? 0
        state.calls[state.start] = nil
        state.start = (state.start + 1) % state.calls.count
        state.keptCount -= 1
    }

    /// The call with a number; nil if it was never made or is forgotten.
    func call(_ number: Int) -> RecordedCall? {
        state.withLock { state in
            // Calls that take long are added after later ones, so the order is only nearly that of the numbers.
            Self.all(state).first { $0.number == number }
        }
    }

    /// The kept calls after a number, oldest first.
    ///
    /// - Parameters:
    ///   - number: The number after which the list begins.
    ///   - verdict: The verdict that the calls must have; nil for any.
    ///   - limit: The largest number of calls. If there are more, the newest ones are returned.
    /// - Returns: The calls.
    func calls(after number: Int, _ verdict: Judgment.Verdict?, limit: Int) -> [RecordedCall] {
        state.withLock { state in
            Self.all(state).filter { $0.number > number && (verdict == nil || $0.judgment.verdict == verdict) }
                .suffix(limit)
        }
    }

    private static func all(_ state: State) -> [RecordedCall] {
        (0..<state.keptCount).compactMap { state.calls[(state.start + $0) % state.calls.count] }
    }

    /// The counts since the start, and the number of calls that are kept.
    var counts: (counts: Counts, kept: Int) { state.withLock { ($0.counts, $0.keptCount) } }

    /// Forgets all calls; the numbers go on.
    func clear() {
        state.withLock { state in
            state.calls = Array(repeating: nil, count: state.calls.count)
            (state.start, state.keptCount, state.byteCount) = (0, 0, 0)
        }
        reportChange()
    }

    /// Reports to all watchers that the state of the sandbox has changed.
    func reportChange() { report(.change) }

    /// Sends an event to all watchers.
    func report(_ event: Event) {
        for watcher in state.withLock({ Array($0.watchers.values) }) { watcher.yield(event) }
    }

    /// Returns the events from now on; nil if there are too many watchers, or if the history is closed.
    ///
    /// A watcher that is slow misses the oldest events, and finds them with ``calls(after:_:limit:)``.
    func watch() -> AsyncStream<Event>? {
        let (stream, continuation) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(500))
        let number: Int? = state.withLock { state in
            guard !state.isClosed, state.watchers.count < Self.maximumWatcherCount else { return nil }
            state.lastWatcher += 1
            state.watchers[state.lastWatcher] = continuation
            return state.lastWatcher
        }
        guard let number else { return nil }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.watchers.removeValue(forKey: number) }
        }
        return stream
    }

    /// Ends the streams of all watchers, so that the server can stop.
    func close() {
        let watchers = state.withLock { state in
            state.isClosed = true
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.finish() }
    }
}
#endif
