package import Foundation

/// The limit on the requests that one caller can keep in a store that several servers share.
///
/// A count in the store for each request would double its work. Instead each server adds up what it stored, adds the
/// sums to the counters of the store several times a second, and reads the counters of the whole fleet at the same time.
/// Between two exchanges a caller can pass the limit by what the other servers accept from it.
///
/// A counter belongs to a share and to the end of a period in which its requests expire, so that it expires with them.
package final class SharedReplayQuota: Sendable {
    /// A counter of the store, and the number to add to it.
    package struct Addition: Sendable, Hashable {
        /// The share that it counts.
        package let share: ReplayShare
        /// The end of the counter's period, in seconds since 1970: the counter expires then.
        package let end: Int64
        /// The number of requests to add.
        package let count: Int
    }

    /// A request that is about to be stored, and is counted already.
    package struct Reservation: Sendable {
        fileprivate let share: ReplayShare
        fileprivate let end: Int64
    }

    private struct Counts {
        /// The counters of the store as they were read last, by the ends of their periods.
        var stored: [Int64: Int] = [:]
        /// What was not added to the store yet.
        var pending: [Int64: Int] = [:]
        /// What is being stored at the moment.
        var reservedCount = 0

        func sum(after now: Int64) -> Int {
            var sum = reservedCount
            for (end, count) in stored where end >= now { sum += count }
            for (end, count) in pending where end >= now { sum += count }
            return sum
        }
    }

    /// The largest number of requests of each kind that one caller can keep.
    package let limit: Int
    private let shares = Locked<[ReplayShare: Counts]>([:])

    package init(limit: Int) { self.limit = max(1, limit) }

    /// Counts a request before it is stored; nil if its share has reached the limit.
    ///
    /// Call ``confirm(_:)`` or ``cancel(_:)`` with the result.
    package func reserve(_ request: ReplayClaimRequest) -> Reservation? {
        let now = Self.second(request.date)
        return shares.withLock { shares in
            let counts = shares[request.share, default: Counts()]
            guard counts.sum(after: now) < limit else { return nil }
            shares[request.share, default: counts].reservedCount += 1
            return Reservation(share: request.share, end: Self.end(request))
        }
    }

    /// Counts a request that was stored.
    package func confirm(_ reservation: Reservation) {
        shares.withLock { shares in
            shares[reservation.share, default: Counts()].reservedCount -= 1
            shares[reservation.share, default: Counts()].pending[reservation.end, default: 0] += 1
        }
    }

    /// Takes back a request that was not stored.
    package func cancel(_ reservation: Reservation) {
        shares.withLock { shares in shares[reservation.share, default: Counts()].reservedCount -= 1 }
    }

    /// Returns what must be added to the counters of the store, and removes what has expired.
    ///
    /// It stays counted until ``update(_:to:adding:)`` has the sums of the fleet.
    package func additions(at date: Date) -> [Addition] {
        let now = Self.second(date)
        return shares.withLock { shares in
            for (share, var counts) in shares {
                counts.stored = counts.stored.filter { $0.key >= now }
                counts.pending = counts.pending.filter { $0.key >= now }
                let isEmpty = counts.stored.isEmpty && counts.pending.isEmpty && counts.reservedCount == 0
                shares[share] = isEmpty ? nil : counts
            }
            return shares.flatMap { share, counts in
                counts.pending.map { Addition(share: share, end: $0.key, count: $0.value) }
            }
        }
    }

    /// Returns the shares that have reached the limit.
    ///
    /// Read their counters again even if there is nothing to add, so that they recover if the store has less.
    package func fullShares(at date: Date) -> [ReplayShare] {
        let now = Self.second(date)
        return shares.withLock { shares in shares.filter { $0.value.sum(after: now) >= limit }.map(\.key) }
    }

    /// Sets the counters of a share to what the store has after it added `additions`.
    ///
    /// - Parameters:
    ///   - share: The share.
    ///   - stored: Its counters in the store, by the ends of their periods.
    ///   - additions: What ``additions(at:)`` returned and the store added.
    package func update(_ share: ReplayShare, to stored: [Int64: Int], adding additions: [Addition]) {
        shares.withLock { shares in
            var counts = shares[share, default: Counts()]
            // The bound keeps sums from overflowing, whatever someone wrote into the store.
            counts.stored = stored.mapValues { min(max($0, 0), 1 << 40) }
            for addition in additions where addition.share == share {
                let left = (counts.pending[addition.end] ?? 0) - addition.count
                counts.pending[addition.end] = left > 0 ? left : nil
            }
            shares[share] = counts
        }
    }

    /// Counts additions as stored whose outcome is not known, so that they are not added again and again.
    package func assumeStored(_ additions: [Addition]) {
        shares.withLock { shares in
            for addition in additions {
                var counts = shares[addition.share, default: Counts()]
                let left = (counts.pending[addition.end] ?? 0) - addition.count
                counts.pending[addition.end] = left > 0 ? left : nil
                counts.stored[addition.end, default: 0] += addition.count
                shares[addition.share] = counts
            }
        }
    }

    /// The end of the period of a request: periods are at most a sixteenth as long as the time for which a request is kept.
    private static func end(_ request: ReplayClaimRequest) -> Int64 {
        let now = second(request.date)
        let expiry = max(second(request.expiry), now)
        var width: Int64 = 1
        while width * 32 < expiry - now { width *= 2 }
        return (expiry / width + 1) * width
    }

    private static func second(_ date: Date) -> Int64 {
        let seconds = date.timeIntervalSince1970
        return seconds.isNaN ? 0 : Int64(min(max(seconds.rounded(.down), 0), 1e12))
    }
}
