#if PostgreSQL
internal import Foundation
internal import KMSecurity

/// Collects the claims of many tasks, and stores them with one statement for each connection that is free.
final class ClaimBatcher: Sendable {
    /// The end of a claim.
    enum Outcome: Sendable {
        case stored
        case replayed
        case forgotten
        /// The claim failed; the request is not stored if `isNotStored`, and may be otherwise.
        case failed(PostgreSQLError, isNotStored: Bool)
    }

    private struct Waiting: Sendable {
        let request: ReplayClaimRequest
        let continuation: CheckedContinuation<Outcome, Never>
    }

    private struct State {
        var waiting: [Waiting] = []
        /// The number of jobs in the pool that did not begin yet.
        var queuedJobCount = 0
    }

    private static let largestBatch = 500

    private let pool: PostgreSQLPool
    private let table: ReplayTable
    private let waitingLimit: Int
    private let state = Locked(State())

    init(_ pool: PostgreSQLPool, _ table: ReplayTable, waitingLimit: Int) {
        (self.pool, self.table, self.waitingLimit) = (pool, table, max(1, waitingLimit))
    }

    func claim(_ request: ReplayClaimRequest) async -> Outcome {
        await withCheckedContinuation { continuation in
            let isFull = state.withLock { state in
                guard state.waiting.count < waitingLimit else { return true }
                state.waiting.append(Waiting(request: request, continuation: continuation))
                return false
            }
            if isFull {
                let error = PostgreSQLError("\(waitingLimit) claims wait for the database already")
                continuation.resume(returning: .failed(error, isNotStored: true))
            }
            submitIfNeeded()
        }
    }

    /// Lets the next free connection take the claims that wait, if none is going to.
    private func submitIfNeeded() {
        let isNeeded = state.withLock { state in
            guard state.queuedJobCount == 0, !state.waiting.isEmpty else { return false }
            state.queuedJobCount += 1
            return true
        }
        if isNeeded { pool.submit { self.run($0) } }
    }

    private func run(_ connection: Result<PostgreSQLConnection, PostgreSQLError>) {
        switch connection {
        case .failure(let error):
            for claim in take(.max) { claim.continuation.resume(returning: .failed(error, isNotStored: true)) }
        case .success(let connection):
            let claims = take(Self.largestBatch)
            // Further claims are for another connection.
            submitIfNeeded()
            guard !claims.isEmpty else { return }
            do throws(PostgreSQLError) {
                let outcomes = try store(claims.map(\.request), connection)
                pool.reportSuccess()
                for (claim, outcome) in zip(claims, outcomes) { claim.continuation.resume(returning: outcome) }
            } catch {
                if error.sqlState != nil { pool.reportRejection(error) }
                // A new connection can lead to the new primary.
                if error.sqlState == "25006" { connection.close() }
                let outcome = Outcome.failed(error, isNotStored: error.hadNoEffect)
                for claim in claims { claim.continuation.resume(returning: outcome) }
            }
        }
    }

    private func take(_ count: Int) -> [Waiting] {
        state.withLock { state in
            state.queuedJobCount -= 1
            let taken = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(taken.count)
            return taken
        }
    }

    private func store(
        _ requests: [ReplayClaimRequest],
        _ connection: PostgreSQLConnection
    ) throws(PostgreSQLError) -> [Outcome] {
        // A statement can store a key once. The first claim of a key gets the answer, and the others are its copies.
        var firsts: [ReplayKey: Int] = [:]
        for (index, request) in requests.enumerated() where firsts[request.key] == nil {
            firsts[request.key] = index
        }
        let claims = firsts.values.map { requests[$0] }.sorted { Self.precedes($0.key, $1.key) }
        // The earliest time of the batch: a row that has expired by that time has expired for all claims.
        let date = requests.map { Self.milliseconds($0.date, .down) }.min() ?? 0
        let result = try connection.query(
            table.claim,
            [
                .byteArrays(claims.map { Self.bytes($0.key) }),
                .int64s(claims.map { Self.milliseconds($0.expiry, .up) }),
                .int64(date),
            ]
        )
        var answers: [ReplayKey: Outcome] = [:]
        for row in 0..<result.rowCount {
            guard let bytes = result.bytes(row, 0), let key = Self.key(bytes), let isStored = result.bool(row, 1),
                firsts[key] != nil
            else { throw PostgreSQLError("the server returned an unexpected row", hadNoEffect: false) }
            answers[key] = isStored ? .stored : .forgotten
        }
        return requests.enumerated().map { index, request in
            guard firsts[request.key] == index else { return .replayed }
            return answers[request.key] ?? .replayed
        }
    }

    /// The milliseconds since 1970.
    ///
    /// A copy can be fresh until the instant of the expiry, so that is rounded up.
    static func milliseconds(_ date: Date, _ rule: FloatingPointRoundingRule) -> Int64 {
        let milliseconds = date.timeIntervalSince1970 * 1000
        // NaN counts as the far past, in which everything has expired.
        return milliseconds.isNaN
            ? -9_000_000_000_000_000 : Int64(min(max(milliseconds.rounded(rule), -9e15), 9e15))
    }

    private static func precedes(_ left: ReplayKey, _ right: ReplayKey) -> Bool {
        let (left, right) = (left.wordsOfDigest, right.wordsOfDigest)
        for index in 0..<4 where left[index] != right[index] { return left[index] < right[index] }
        return false
    }

    private static func bytes(_ key: ReplayKey) -> [UInt8] {
        let words = key.wordsOfDigest
        return (0..<32).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(56 - $0 % 8 * 8)) }
    }

    private static func key(_ bytes: [UInt8]) -> ReplayKey? {
        guard bytes.count == 32 else { return nil }
        var words = SIMD4<UInt64>()
        for (index, byte) in bytes.enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
        return ReplayKey(wordsOfDigest: words)
    }
}
#endif
