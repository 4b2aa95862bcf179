#if PostgreSQL
internal import Foundation
internal import KMSecurity
public import ServiceLifecycle

extension PostgreSQLReplayGuard: Service {
    /// Exchanges the counts of the callers ten times a second, and erases expired requests once a second.
    ///
    /// It ends when its task is cancelled, or when swift-service-lifecycle shuts down. Claims are still answered after
    /// that, until ``close()``. Let it end after the service that receives requests: list it before that service.
    /// An outage of the database does not end it.
    public func run() async {
        await cancelWhenGracefulShutdown {
            async let exchanges: Void = self.exchangeCounts()
            async let erasures: Void = self.eraseExpired()
            _ = await (exchanges, erasures)
        }
        // What this server accepted since the last exchange counts for the others, too.
        try? await exchange()
    }

    private func exchangeCounts() async {
        while !Task.isCancelled {
            try? await exchange()
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func eraseExpired() async {
        while !Task.isCancelled {
            // After a full batch there may be more, so the next one follows soon.
            let isFull = (try? await erase()) == Self.erasedAtOnce
            try? await Task.sleep(for: isFull ? .milliseconds(50) : .seconds(1))
        }
    }

    /// The largest number of rows that one statement erases.
    static let erasedAtOnce = 5000

    /// Erases requests and counters that have expired, at most ``erasedAtOnce`` of each.
    ///
    /// - Returns: The number of requests.
    /// - Throws: ``PostgreSQLError``
    @discardableResult
    func erase() async throws -> Int {
        let table = table
        return try await pool.perform { connection in
            let limit = PostgreSQLValue.int64(Int64(Self.erasedAtOnce))
            _ = try connection.query(table.counterErasure, [limit])
            let date = PostgreSQLValue.int64(ClaimBatcher.milliseconds(Date(), .down))
            return Int(try connection.query(table.erasure, [limit, date]).int64(0, 0) ?? 0)
        }
    }

    /// Runs a statement that makes additions; those whose outcome is not known are not made again.
    private func assumingStored<Result: Sendable>(
        _ additions: [SharedReplayQuota.Addition],
        _ body: @escaping @Sendable (PostgreSQLConnection) throws -> Result
    ) async throws -> Result {
        do {
            return try await pool.perform(body)
        } catch let error as PostgreSQLError {
            if !error.hadNoEffect { quota.assumeStored(additions) }
            throw error
        }
    }

    /// Adds what was accepted here to the counters of the database, and reads what all servers accepted.
    ///
    /// - Throws: ``PostgreSQLError``
    func exchange() async throws {
        let date = Date()
        let additions = quota.additions(at: date)
        let shares = Set(additions.map(\.share)).union(quota.fullShares(at: date))
        guard !shares.isEmpty else { return }
        let byText = Dictionary(shares.map { ($0.text, $0) }, uniquingKeysWith: { first, _ in first })
        let values: [PostgreSQLValue] = [
            .texts(additions.map(\.share.text)), .int64s(additions.map(\.end)),
            .int64s(additions.map { Int64($0.count) }), .texts(Array(byText.keys)),
            .int64(ClaimBatcher.milliseconds(date, .down) / 1000),
        ]
        let table = table
        let counters = try await assumingStored(additions) { connection in
            let result = try connection.query(table.counting, values)
            return (0..<result.rowCount).map { (result.text($0, 0), result.int64($0, 1), result.int64($0, 2)) }
        }
        var stored: [ReplayShare: [Int64: Int]] = [:]
        for (text, end, count) in counters {
            guard let share = text.flatMap({ byText[$0] }), let end, let count else { continue }
            stored[share, default: [:]][end] = Int(count)
        }
        let added = Dictionary(grouping: additions, by: \.share)
        for share in shares { quota.update(share, to: stored[share] ?? [:], adding: added[share] ?? []) }
    }
}
#endif
