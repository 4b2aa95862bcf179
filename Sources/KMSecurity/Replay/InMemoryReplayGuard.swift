internal import Foundation

/// A replay guard in the memory of one process, exact among all its tasks.
///
/// Its memory is bounded: it keeps at most ``capacity`` plain and ``capacity`` encrypted requests, at about 85 bytes each,
/// and erases those that have expired. A claim takes one lock and a time that does not grow with the number of requests.
///
/// Whoever captured one plain request can make any number of different ones from it. They fill the room of that caller's
/// plain requests, and no more: of each kind, one caller can keep ``capacityPerCaller`` requests, and never more than the
/// number of places that are still free. With the default, three callers can be flooded at once and every other one still
/// has its full share. Each further one takes at most half of the room that is left.
///
/// To choose the sizes, multiply the highest rate of requests with the time for which the server remembers one: for plain
/// requests the tolerance (past and future), for encrypted requests ``ReplayRetention``. One caller's product must fit
/// into ``capacityPerCaller``. The sum over all callers, with the largest counted twice, must fit into ``capacity``. Room
/// that is not used costs nothing.
///
/// Several servers need one memory: see ``ReplayGuard``. After a restart this guard is empty, and a copy of a request from
/// before the restart can pass once.
public final class InMemoryReplayGuard: ReplayGuard {
    /// The most requests of each kind, plain and encrypted, that the guard keeps.
    public let capacity: Int
    /// The most requests of each kind that the guard keeps for one caller.
    public let capacityPerCaller: Int

    private let state = Locked(ReplayMemory())

    /// Creates an empty guard.
    ///
    /// - Parameters:
    ///   - capacity: The most requests of each kind that the guard keeps, at least one.
    ///   - capacityPerCaller: The most requests of each kind that the guard keeps for one caller, from one to `capacity`;
    ///     nil for a quarter of `capacity`.
    public init(capacity: Int = 1_000_000, capacityPerCaller: Int? = nil) {
        self.capacity = max(1, capacity)
        self.capacityPerCaller = min(max(1, capacityPerCaller ?? self.capacity / 4), self.capacity)
    }

    /// The number of requests in memory, of both kinds.
    public var count: Int { state.withLock { $0.count } }

    /// Claims a request; see ``ReplayGuard/claim(_:)``.
    public func claim(_ request: ReplayClaimRequest) -> ReplayClaim {
        let entry = ReplayMemory.Entry(request.key)
        // A copy is fresh up to and including the instant of its expiry: the entry stays through that whole second.
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
        // A date that is not a number counts as the far past, in which everything has expired.
        let seconds = date.timeIntervalSince1970
        return seconds.isNaN ? -9_000_000_000_000_000 : Int64(min(max(seconds.rounded(.down), -9e15), 9e15))
    }
}

extension ReplayGuard where Self == InMemoryReplayGuard {
    /// A guard in the memory of this process; see ``InMemoryReplayGuard/init(capacity:capacityPerCaller:)``.
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
