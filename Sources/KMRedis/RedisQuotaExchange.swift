#if Redis
internal import Foundation
internal import KMSecurity
internal import Logging
internal import NIOCore

/// Exchanges the counters of callers with the other servers, through hashes in the store.
///
/// Each share has a hash, with a field for each period in which requests expire. The hash expires with its last period.
final class RedisQuotaExchange: Sendable {
    /// The largest number of shares in one message.
    private static let batchSize = 64
    /// The time between two exchanges.
    private static let interval = Duration.milliseconds(100)

    private let quota: SharedReplayQuota
    private let pool: RedisPool
    private let logger: Logger?
    private let lastFault = Locked<String?>(nil)

    init(_ quota: SharedReplayQuota, _ pool: RedisPool, _ logger: Logger?) {
        self.quota = quota
        self.pool = pool
        self.logger = logger
    }

    /// Exchanges the counters ten times a second, until the task is cancelled.
    func run() async {
        while (try? await Task.sleep(for: Self.interval)) != nil {
            pool.health.report()
            guard let connection = pool.connection, connection.isUsable else { continue }
            await exchange(connection)
        }
    }

    private func exchange(_ connection: RedisConnection) async {
        let now = Date()
        let additions = Dictionary(grouping: quota.additions(at: now), by: \.share)
        var shares = Array(Set(additions.keys).union(quota.fullShares(at: now)))
        var fault: String?
        var batch: [ReplayShare] = []
        do {
            while !shares.isEmpty {
                batch = Array(shares.suffix(Self.batchSize))
                shares.removeLast(batch.count)
                fault = try await exchange(batch, additions, now, connection) ?? fault
            }
        } catch {
            // Additions without an answer may have been made: they are not made again.
            quota.assumeStored(batch.flatMap { additions[$0] ?? [] })
            let error = error as? KMError ?? .unavailable(connection.address, "does not answer")
            return pool.health.failed(error, needsClaim: false, isClaim: false)
        }
        let isNew = lastFault.withLock { lastFault in
            defer { lastFault = fault }
            return fault != lastFault
        }
        // A full Redis is reported by the claims.
        guard isNew, let fault, fault != "OOM" else { return }
        let detail = KMError.answered(fault, connection.address).detail
        logger?.warning("replay quotas not exchanged", metadata: ["km.detail": "\(detail)"])
    }

    /// Exchanges the counters of some shares.
    ///
    /// - Returns: The kind of an error that Redis answered for one of them; nil if there was none.
    private func exchange(
        _ shares: [ReplayShare],
        _ additions: [ReplayShare: [SharedReplayQuota.Addition]],
        _ now: Date,
        _ connection: RedisConnection
    ) async throws -> String? {
        let margin = pool.configuration.expiryMargin.milliseconds
        var commands: [[String]] = []
        /// The commands of each share, of which the last one reads its counters.
        var places: [Range<Int>] = []
        for share in shares {
            let (key, start) = (key(share), commands.count)
            for addition in additions[share] ?? [] {
                commands.append(["HINCRBY", key, "\(addition.end)", "\(addition.count)"])
            }
            if let end = additions[share]?.map(\.end).max() {
                // NX is for a hash that does not expire yet, to which GT does not apply.
                commands.append(["PEXPIREAT", key, "\(end * 1000 + margin)", "NX"])
                commands.append(["PEXPIREAT", key, "\(end * 1000 + margin)", "GT"])
            }
            commands.append(["HGETALL", key])
            places.append(start..<commands.count)
        }
        let answers = try await connection.send(commands)
        var erasures: [[String]] = []
        var fault: String?
        for (share, place) in zip(shares, places) {
            if let kind = answers[place].lazy.compactMap(\.errorKind).first {
                fault = kind
                continue
            }
            let stored = Self.counters(answers[place.upperBound - 1])
            quota.update(share, to: stored, adding: additions[share] ?? [])
            // Another server's clock may be behind.
            let oldest = now.milliseconds - margin
            let expired = stored.keys.filter { $0 < oldest / 1000 }
            if !expired.isEmpty { erasures.append(["HDEL", key(share)] + expired.map(String.init)) }
        }
        if !erasures.isEmpty { _ = try await connection.send(erasures) }
        return fault
    }

    private func key(_ share: ReplayShare) -> String { "\(pool.configuration.prefix)count:\(share.text)" }

    /// The counters of a hash; fields that no guard wrote are left out.
    private static func counters(_ answer: RESPValue) -> [Int64: Int] {
        guard case .array(let parts) = answer else { return [:] }
        var counters: [Int64: Int] = [:]
        for index in stride(from: 0, to: parts.count - 1, by: 2) {
            guard let end = parts[index].text.flatMap(Int64.init),
                let count = parts[index + 1].text.flatMap(Int.init)
            else {
                continue
            }
            // The bound keeps sums from overflowing.
            counters[end] = min(max(count, 0), 1 << 40)
        }
        return counters
    }
}
#endif
