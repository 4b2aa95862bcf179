internal import Foundation

/// A replay guard in the memory of one process.
///
/// All tasks of the process can share it. If copies of a request arrive at the same time, it accepts exactly one.
///
/// Its memory is bounded. It keeps at most ``capacity`` plain and ``capacity`` encrypted requests, at about 85 bytes
/// each, and erases those that have expired. A claim takes one lock, and its time does not grow with the number of
/// requests.
///
/// An attacker who captured one plain request can make any number of different requests from it. They fill only the
/// room of that caller's plain requests. Of each kind, the guard keeps at most ``capacityPerCaller`` requests of one
/// caller, and accepts a further one only if the caller has fewer requests than there are free places. With the
/// defaults, three flooded callers can take a quarter of the capacity each. Every further caller can take at most half
/// of the room that is left.
///
/// To choose the sizes, multiply each caller's highest request rate by the time for which the server remembers a
/// request. This time is the tolerance (past and future) for plain requests, and ``ReplayRetention`` for encrypted
/// ones. The product of each caller must fit into ``capacityPerCaller``. The sum of all products, with the largest
/// counted twice, must fit into ``capacity``. Unused room takes no memory.
///
/// Several servers need one shared memory: see ``ReplayGuard``. After a restart this guard is empty, so a copy of a
/// request from before the restart can pass once.
public final class InMemoryReplayGuard: ReplayGuard {
    /// The largest number of requests of each kind, plain and encrypted, that the guard keeps.
    public let capacity: Int
    /// The largest number of requests of each kind that the guard keeps for one caller.
    public let capacityPerCaller: Int

    private let state = Locked(ReplayMemory())

    /// Creates an empty guard.
    ///
    /// - Parameters:
    ///   - capacity: The largest number of requests of each kind that the guard keeps, at least 1.
    ///   - capacityPerCaller: The largest number of requests of each kind that the guard keeps for one caller, from 1
    ///     to `capacity`; nil for a quarter of `capacity`.
    public init(capacity: Int = 1_000_000, capacityPerCaller: Int? = nil) {
        self.capacity = max(1, capacity)
        self.capacityPerCaller = min(max(1, capacityPerCaller ?? self.capacity / 4), self.capacity)
    }

    /// The number of requests in memory, of both kinds.
    public var count: Int { state.withLock { $0.count } }

    /// Claims a request; see ``ReplayGuard/claim(_:)``.
    public func claim(_ request: ReplayClaimRequest) -> ReplayClaim {
        let entry = ReplayMemory.Entry(request.key)
        // A copy can be fresh until the instant of the expiry, inclusive: the entry stays until that second is over.
        let expiry = Self.second(request.expiry)
        let now = Self.second(request.date)
        return state.withLock { memory in
            memory.eraseExpired(before: now)
            if memory.contains(entry) { return .replayed }
            guard expiry > memory.horizon else { return .forgotten }
            return memory.insert(entry, request.share, until: expiry, capacity, capacityPerCaller)
        }
    }

    private static func second(_ date: Date) -> Int64 {
        // NaN counts as the far past, in which everything has expired.
        let seconds = date.timeIntervalSince1970
        return seconds.isNaN ? -9_000_000_000_000_000 : Int64(min(max(seconds.rounded(.down), -9e15), 9e15))
    }
}

extension ReplayGuard where Self == InMemoryReplayGuard {
    /// Creates a guard in the memory of this process; see ``InMemoryReplayGuard/init(capacity:capacityPerCaller:)``.
    public static func inMemory(capacity: Int = 1_000_000, capacityPerCaller: Int? = nil) -> InMemoryReplayGuard {
        InMemoryReplayGuard(capacity: capacity, capacityPerCaller: capacityPerCaller)
    }
}

extension InMemoryReplayGuard: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The number of requests and the limits.
    public var description: String {
        "InMemoryReplayGuard(\(count) requests, capacity \(capacity) of each kind, \(capacityPerCaller) per caller)"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
