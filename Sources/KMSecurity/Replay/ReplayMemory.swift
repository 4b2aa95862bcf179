/// The requests that an ``InMemoryReplayGuard`` keeps, without a lock of its own.
struct ReplayMemory {
    /// The first half of a key's digest: 128 bits are enough to distinguish requests, and take half the memory.
    struct Entry: Hashable {
        private let high: UInt64
        private let low: UInt64

        init(_ key: ReplayKey) {
            high = key.words[0]
            low = key.words[1]
        }

        func hash(into hasher: inout Hasher) { hasher.combine(high) }
    }

    /// The number of requests of a share.
    private struct Tally {
        let share: ReplayShare
        var count: Int
    }

    /// The number of expired entries that a claim erases: more than it adds, but few enough that no claim takes long.
    private static let eraseCount = 64
    /// The number of expired entries that are erased at a time while there is no room.
    private static let eraseCountWhenFull = 4096

    /// The index of the tally of each entry.
    private var entries: [Entry: Int32] = [:]
    private var tallies: [Tally] = []
    /// The indexes of tallies that no share uses.
    private var vacancies: [Int32] = []
    private var indexes: [ReplayShare: Int32] = [:]
    private var plainCount = 0
    /// The entries by the second in which they expire.
    private var bySecond: [Int64: [Entry]] = [:]
    /// The entries that have expired and are not yet erased.
    private var expired: [[Entry]] = []

    /// The last second that has passed: all entries that expire in it or before have expired.
    ///
    /// Requests that expire in it or before are rejected, even if the clock was set back since.
    private(set) var horizon = Int64.min / 2

    var count: Int { entries.count }

    func contains(_ entry: Entry) -> Bool { entries[entry] != nil }

    /// Adds an entry that does not exist yet, if its share has room.
    mutating func insert(
        _ entry: Entry,
        _ share: ReplayShare,
        until second: Int64,
        _ capacity: Int,
        _ capacityPerCaller: Int
    ) -> ReplayClaim {
        var index = indexes[share]
        var limit = limit(index, share.kind, capacity, capacityPerCaller)
        // Expired entries must not take the room of a new one.
        while limit != nil, !expired.isEmpty {
            erase(Self.eraseCountWhenFull)
            index = indexes[share]
            limit = self.limit(index, share.kind, capacity, capacityPerCaller)
        }
        if let limit { return limit }
        let known = index ?? add(share)
        tallies[Int(known)].count += 1
        if share.kind == .plain { plainCount += 1 }
        entries[entry] = known
        bySecond[second, default: []].append(entry)
        return .first
    }

    /// The limit that a share has reached; nil if there is room for another entry.
    private func limit(
        _ index: Int32?,
        _ kind: ReplayShare.Kind,
        _ capacity: Int,
        _ capacityPerCaller: Int
    ) -> ReplayClaim? {
        let count = index.map { tallies[Int($0)].count } ?? 0
        guard count < capacityPerCaller else { return .callerFull(limit: capacityPerCaller) }
        // A share must be smaller than the free room, so that room is left for callers with fewer entries.
        let free = capacity - (kind == .plain ? plainCount : entries.count - plainCount)
        return count < free ? nil : .full(limit: capacity)
    }

    private mutating func add(_ share: ReplayShare) -> Int32 {
        let index: Int32
        if let vacancy = vacancies.popLast() {
            index = vacancy
            tallies[Int(index)] = Tally(share: share, count: 0)
        } else {
            index = Int32(tallies.count)
            tallies.append(Tally(share: share, count: 0))
        }
        indexes[share] = index
        return index
    }

    /// Marks the entries of all seconds before `second` as expired, and erases some of the expired entries.
    mutating func eraseExpired(before second: Int64) {
        if second - 1 > horizon {
            // Go through the seconds that have passed or through those that have entries, whichever are fewer.
            if second - 1 - horizon <= bySecond.count {
                for due in horizon + 1...second - 1 { expire(due) }
            } else {
                for due in bySecond.keys.filter({ $0 < second }) { expire(due) }
            }
            horizon = second - 1
        }
        erase(Self.eraseCount)
    }

    private mutating func expire(_ second: Int64) {
        if let entries = bySecond.removeValue(forKey: second) { expired.append(entries) }
    }

    private mutating func erase(_ limit: Int) {
        var left = limit
        while left > 0, let last = expired.indices.last {
            while left > 0, let entry = expired[last].popLast() {
                erase(entry)
                left -= 1
            }
            if expired[last].isEmpty { expired.removeLast() }
        }
    }

    private mutating func erase(_ entry: Entry) {
        guard let index = entries.removeValue(forKey: entry) else { return }
        let share = tallies[Int(index)].share
        tallies[Int(index)].count -= 1
        if share.kind == .plain { plainCount -= 1 }
        guard tallies[Int(index)].count == 0 else { return }
        indexes[share] = nil
        vacancies.append(index)
    }
}
