public import Foundation

/// A replay guard in the memory of one process, exact among all its tasks.
///
/// Its memory is bounded by the number of requests it keeps, about 100 bytes each; what is too old to be taken for fresh
/// is let go. When it is full it answers ``ReplayClaim/full``, and nothing is honoured until there is room: give it room
/// for the requests of a whole tolerance window (past and future together) at the highest rate. See ``ReplayGuard`` for
/// what a fleet needs; after a restart it knows nothing, and a copy of a request from before can pass once.
public final class InMemoryReplayGuard: ReplayGuard {
    private struct State {
        /// The second in which each request expires.
        var expiries: [ReplayKey: Int64] = [:]
        /// The requests by the second in which they expire.
        var bySecond: [Int64: [ReplayKey]] = [:]
        /// All that expired in this second or before was let go.
        ///
        /// A request whose time is up by this is refused, even if the clock was set back since.
        var horizon = Int64.min
    }

    /// How many requests it keeps at most.
    public let capacity: Int

    private let state = Locked(State())

    /// A guard with room for `capacity` requests, at least one.
    public init(capacity: Int = 1_000_000) {
        self.capacity = max(1, capacity)
    }

    /// How many requests it keeps.
    public var count: Int { state.withLock { $0.expiries.count } }

    /// Claims a request; see ``ReplayGuard/claim(_:until:at:)``.
    public func claim(_ key: ReplayKey, until expiry: Date, at date: Date) -> ReplayClaim {
        // A copy is fresh up to and with the instant of its expiry: it is kept through that whole second.
        let second = Self.second(expiry)
        return state.withLock { state in
            Self.release(&state, before: Self.second(date))
            if state.expiries[key] != nil { return .replayed }
            guard second > state.horizon else { return .forgotten }
            guard state.expiries.count < capacity else { return .full }
            state.expiries[key] = second
            state.bySecond[second, default: []].append(key)
            return .first
        }
    }

    private static func release(_ state: inout State, before second: Int64) {
        guard second - 1 > state.horizon else { return }
        for due in state.bySecond.keys where due < second {
            for key in state.bySecond.removeValue(forKey: due) ?? [] { state.expiries[key] = nil }
        }
        state.horizon = second - 1
    }

    private static func second(_ date: Date) -> Int64 {
        // What is no number is taken for the far past, in which everything has expired.
        let seconds = date.timeIntervalSince1970
        return seconds.isNaN ? -9_000_000_000_000_000 : Int64(min(max(seconds.rounded(.down), -9e15), 9e15))
    }
}

extension ReplayGuard where Self == InMemoryReplayGuard {
    /// A guard in the memory of this process.
    public static func inMemory(capacity: Int = 1_000_000) -> InMemoryReplayGuard {
        InMemoryReplayGuard(capacity: capacity)
    }
}
