#if Redis
import CoreMetrics
import Foundation
import KMRedis
import KMSecurity
import KMSecurityTestSupport
import Logging
import Synchronization

/// Makes claims for tests.
enum Claims {
    private static let numbers = Atomic<UInt64>(UInt64.random(in: 0...1 << 62))

    /// The share of a caller.
    static func share(_ caller: Character = "a", _ kind: ReplayShare.Kind = .encrypted) throws -> ReplayShare {
        ReplayShare(caller: .accessKey(try AccessKey(String(repeating: caller, count: 40))), kind: kind)
    }

    /// A claim of a new request that expires after `seconds`.
    static func new(_ share: ReplayShare) throws -> ReplayClaimRequest {
        try new(expiringAfter: 600, share)
    }

    /// Makes a claim of a new request that expires after `seconds`.
    static func new(expiringAfter seconds: TimeInterval = 600, _ share: ReplayShare? = nil) throws
        -> ReplayClaimRequest
    {
        let number = numbers.wrappingAdd(1, ordering: .relaxed).newValue
        let date = Date()
        return ReplayClaimRequest(
            key: ReplayKey(wordsOfDigest: SIMD4(number, 1, 2, 3)),
            share: try share ?? Self.share(),
            expiry: date + seconds,
            date: date
        )
    }
}

extension RedisReplayGuard {
    /// The error of a claim; nil if it was answered.
    func fault(_ request: ReplayClaimRequest) async -> KMError? {
        do {
            _ = try await claim(request)
            return nil
        } catch {
            return error as? KMError ?? KMError(KMError.Code("foreign"), "\(error)")
        }
    }

    /// Claims new requests until one is accepted, for at most 60 s.
    ///
    /// - Returns: The accepted request.
    func firstAccepted() async throws -> ReplayClaimRequest {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            let request = try Claims.new()
            let fault = await fault(request)
            guard let fault else { return request }
            if ContinuousClock.now > end { throw fault }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

extension CapturedLog {
    /// The lines, each with its level and a colon, its message and its metadata.
    var lines: [String] { records.map { "\($0.level):\($0.text.dropFirst("\($0.level)".count))" } }

    func count(_ text: String) -> Int { lines.count { $0.contains(text) } }

    /// Waits until a line contains a text, for at most 5 s.
    func waits(for text: String) async -> Bool {
        for _ in 0..<250 where count(text) == 0 { try? await Task.sleep(for: .milliseconds(20)) }
        return count(text) > 0
    }
}

/// Counts what the counters of a guard count.
final class CounterRecorder: MetricsFactory, CounterHandler {
    private let sum = Atomic<Int64>(0)

    var count: Int64 { sum.load(ordering: .relaxed) }

    func increment(by amount: Int64) { sum.wrappingAdd(amount, ordering: .relaxed) }
    func reset() {}
    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        label == "km.replay.store_losses" ? self : NOOPMetricsHandler.instance
    }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        NOOPMetricsHandler.instance
    }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
#endif
