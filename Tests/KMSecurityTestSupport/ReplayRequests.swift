package import Foundation
package import KMSecurity

/// Makes numbered requests for the tests of replay guards: the same number is the same request.
package struct ReplayRequests: Sendable {
    /// The keys of a test differ from those of the others.
    private let seed: UInt64

    package init(seed: UInt64 = .random(in: 0...(.max))) { self.seed = seed }

    package func request(
        _ number: Int,
        expiry: TimeInterval = 600,
        caller: Int = 0,
        kind: ReplayShare.Kind = .plain
    ) throws -> ReplayClaimRequest {
        let digits = String(caller)
        let accessKey = try AccessKey(String(repeating: "0", count: 40 - digits.count) + digits)
        // A multiplier spreads the keys, as a digest does.
        let word = (UInt64(number) &+ seed) &* 0x9E37_79B9_7F4A_7C15
        return ReplayClaimRequest(
            key: ReplayKey(wordsOfDigest: SIMD4(word, word &* 3, UInt64(number), seed)),
            share: ReplayShare(caller: .accessKey(accessKey), kind: kind),
            expiry: Date().addingTimeInterval(expiry),
            date: Date()
        )
    }

    /// Claims a request until the store answers, for up to 40 s.
    ///
    /// `failures` gets the numbers of the requests whose first claim failed: the store may have stored them.
    package func claimPersistently(
        _ replayGuard: some ReplayGuard,
        _ number: Int,
        failures: Locked<Set<Int>>? = nil
    ) async throws -> ReplayClaim {
        let end = ContinuousClock.now + .seconds(90)
        while true {
            do {
                return try await replayGuard.claim(request(number))
            } catch let error as KMError where error.code == .replayStoreUnavailable {
                _ = failures?.withLock { $0.insert(number) }
                guard ContinuousClock.now < end else { throw error }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
