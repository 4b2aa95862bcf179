import Foundation
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Synchronization
import Testing

@Suite("The in-memory replay guard")
struct ReplayGuardTests {
    private let ends: ClientAndServer
    /// The replay keys of 40 requests, as a server claims them.
    private let keys: [ReplayKey]
    private let now = ClientAndServer.start

    init() async throws {
        ends = try ClientAndServer()
        let collector = CountingGuard(.first)
        let server = try ends.server(replayGuard: collector)
        for index in 0..<40 { _ = try await server.open(ends.draft(Array("\(index)".utf8))) }
        keys = collector.claimed.map(\.key)
    }

    private func second(_ offset: TimeInterval) -> Date {
        Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down) + offset)
    }

    @Test("Replay keys are digests, which differ between requests and are equal for copies")
    func keysOfRequests() async throws {
        #expect(Set(keys).count == 40)
        #expect(Set(keys.map(\.text)).count == 40)
        #expect(keys.allSatisfy { $0.text.count == 64 && $0.text.allSatisfy(\.isHexDigit) })
        let collector = CountingGuard(.first)
        _ = try await ends.server(replayGuard: collector).open(ends.draft(Array("7".utf8)))
        #expect(collector.claimed.map(\.key) == [keys[7]])
    }

    @Test("Exactly one of 64 concurrent claims is the first, in each of 200 rounds")
    func parallelClaims() async {
        for round in 0..<200 {
            let replayGuard = InMemoryReplayGuard(capacity: 2)
            let key = keys[round % keys.count]
            let firsts = await withTaskGroup(of: ReplayClaim.self) { group in
                for _ in 0..<64 { group.addTask { [now] in replayGuard.claim(key, until: now, at: now) } }
                return await group.reduce(into: 0) { $0 += $1 == .first ? 1 : 0 }
            }
            #expect(firsts == 1)
        }
    }

    @Test("A full guard rejects new requests until others expire")
    func capacity() {
        let replayGuard = InMemoryReplayGuard(capacity: 6, capacityPerCaller: 3)
        for index in 0..<3 { #expect(replayGuard.claim(keys[index], until: second(Double(index)), at: now) == .first) }
        #expect(replayGuard.claim(keys[3], until: second(10), at: now) == .callerFull(limit: 3))
        // It still recognizes the requests that it holds.
        #expect(replayGuard.claim(keys[0], until: second(0), at: now) == .replayed)
        #expect(replayGuard.count == 3)
        #expect(replayGuard.claim(keys[3], until: second(10), at: second(0.999)) == .callerFull(limit: 3))
        #expect(replayGuard.claim(keys[3], until: second(10), at: second(1)) == .first)
        #expect(replayGuard.claim(keys[4], until: second(10), at: second(1)) == .callerFull(limit: 3))
        #expect(replayGuard.count == 3)
        #expect(replayGuard.claim(keys[4], until: second(20), at: second(4)) == .first)
        #expect(replayGuard.count == 2)
    }

    @Test("A guard has room for at least one request", arguments: [0, -1, .min, 1])
    func smallest(capacity: Int) {
        for perCaller in [nil, .min, 0, 1, .max] as [Int?] {
            let replayGuard = InMemoryReplayGuard(capacity: capacity, capacityPerCaller: perCaller)
            #expect(replayGuard.capacity == 1)
            #expect(replayGuard.capacityPerCaller == 1)
            #expect(replayGuard.claim(keys[0], until: second(0), at: now) == .first)
            #expect(replayGuard.claim(keys[1], until: second(0), at: now) == .callerFull(limit: 1))
        }
    }

    @Test("A copy is rejected before, at and after its expiry")
    func expiry() {
        let replayGuard = InMemoryReplayGuard()
        #expect(replayGuard.claim(keys[0], until: second(5), at: now) == .first)
        for offset in [0.9, 4.999, 5, 5.999] {
            #expect(replayGuard.claim(keys[0], until: second(5), at: second(offset)) == .replayed)
        }
        // The entry is erased. The expiry of the claim alone shows that it may be a replay.
        #expect(replayGuard.claim(keys[0], until: second(5), at: second(6)) == .forgotten)
        #expect(replayGuard.count == 0)
    }

    @Test("An expired request stays rejected when the clock is set back")
    func clockSetBack() {
        let replayGuard = InMemoryReplayGuard()
        #expect(replayGuard.claim(keys[0], until: second(5), at: second(0)) == .first)
        #expect(replayGuard.claim(keys[1], until: second(20), at: second(10)) == .first)
        for key in [keys[0], keys[2]] {
            #expect(replayGuard.claim(key, until: second(5), at: second(0)) == .forgotten)
            #expect(replayGuard.claim(key, until: second(9.999), at: second(0)) == .forgotten)
        }
        #expect(replayGuard.claim(keys[2], until: second(10), at: second(0)) == .first)
        #expect(replayGuard.claim(keys[1], until: second(20), at: second(0)) == .replayed)
    }

    @Test("Extreme and NaN times do not trap, and copies are rejected")
    func strangeTimes() {
        for expiry in [Date.distantPast, .distantFuture, Date(timeIntervalSince1970: .infinity)] {
            for date in [Date.distantPast, .distantFuture, Date(timeIntervalSince1970: -.infinity), now] {
                let replayGuard = InMemoryReplayGuard()
                _ = replayGuard.claim(keys[0], until: expiry, at: date)
                #expect(replayGuard.claim(keys[0], until: expiry, at: date) != .first)
            }
        }
        let replayGuard = InMemoryReplayGuard()
        let noDate = Date(timeIntervalSince1970: .nan)
        #expect(replayGuard.claim(keys[0], until: second(5), at: noDate) == .first)
        #expect(replayGuard.claim(keys[0], until: second(5), at: now) == .replayed)
        #expect(replayGuard.claim(keys[1], until: noDate, at: now) == .forgotten)
    }

    @Test("A guard never holds more requests of a caller than its capacity per caller")
    func bounded() {
        let replayGuard = InMemoryReplayGuard(capacity: 16, capacityPerCaller: 8)
        var numbers = SeededGenerator(seed: 11)
        var answers: Set<ReplayClaim> = []
        for step in 0..<2000 {
            let date = second(Double(step) / 10)
            let expiry = date.addingTimeInterval(Double.random(in: 0..<4, using: &numbers))
            answers.insert(replayGuard.claim(keys.randomElement(using: &numbers) ?? keys[0], until: expiry, at: date))
            #expect(replayGuard.count <= 8)
        }
        #expect(answers == [.first, .replayed, .callerFull(limit: 8)])
    }
}

extension InMemoryReplayGuard {
    /// Claims a request of `share`, or of a default share.
    func claim(_ key: ReplayKey, until expiry: Date, at date: Date, of share: ReplayShare? = nil) -> ReplayClaim {
        guard let share = share ?? ReplayShareTests.share(0) else { return .forgotten }
        return claim(ReplayClaimRequest(key: key, share: share, expiry: expiry, date: date))
    }
}
