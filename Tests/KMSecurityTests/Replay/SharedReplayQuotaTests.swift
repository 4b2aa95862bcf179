import Foundation
import KMSecurity
import KMSecurityTestSupport
import Testing

/// The limit of a caller that several servers share, without a store.
@Suite("Shared replay quota") struct SharedReplayQuotaTests {
    let requests = ReplayRequests()

    /// Reserves and confirms requests; returns how many were within the limit.
    private func confirm(_ count: Int, _ quota: SharedReplayQuota) throws -> Int {
        try (0..<count).count { number in
            guard let reservation = quota.reserve(try requests.request(number)) else { return false }
            quota.confirm(reservation)
            return true
        }
    }

    @Test("Additions whose outcome is not known count, and are not made again") func unknownOutcome() throws {
        let quota = SharedReplayQuota(limit: 10)
        #expect(try confirm(6, quota) == 6)
        let additions = quota.additions(at: Date())
        #expect(additions.map(\.count) == [6])
        quota.assumeStored(additions)
        #expect(quota.additions(at: Date()).isEmpty)
        #expect(try confirm(9, quota) == 4)
        #expect(quota.fullShares(at: Date()).count == 1)
    }

    @Test("What was confirmed during an exchange is added by the next one") func exchange() throws {
        let quota = SharedReplayQuota(limit: 10)
        #expect(try confirm(2, quota) == 2)
        let additions = quota.additions(at: Date())
        #expect(try confirm(3, quota) == 3)
        let (share, end) = try (#require(additions.first).share, #require(additions.first).end)
        quota.update(share, to: [end: 4], adding: additions)
        #expect(quota.additions(at: Date()).map(\.count).reduce(0, +) == 3)
        // Four in the store, and three that are not there yet.
        #expect(try confirm(9, quota) == 3)
    }

    @Test("Counters that nobody counted do not stop the process") func absurd() throws {
        let quota = SharedReplayQuota(limit: 10)
        let request = try requests.request(1)
        let far = Int64(Date().timeIntervalSince1970) + 1000
        quota.update(request.share, to: [far: .max, far + 1: .max, far + 2: .min], adding: [])
        #expect(quota.reserve(request) == nil)
        quota.update(request.share, to: [far: .min], adding: [])
        #expect(quota.reserve(request) != nil)
    }

    @Test("A cancelled reservation takes no room") func cancel() throws {
        let quota = SharedReplayQuota(limit: 1)
        for _ in 0..<5 { quota.cancel(try #require(quota.reserve(try requests.request(1)))) }
        #expect(try confirm(2, quota) == 1)
    }
}
