#if Redis
import Foundation
import KMRedis
import KMSecurity
import Testing

extension RedisTests {
    @Suite("Limits of callers on Redis", .enabled(if: RedisServer.isInstalled, "\(RedisServer.absence)"))
    struct SharedQuotaTests {
        private func claims(
            _ replayGuard: RedisReplayGuard,
            _ share: ReplayShare,
            count: Int,
            expiringAfter seconds: TimeInterval = 600
        ) async throws -> Int {
            var firsts = 0
            for _ in 0..<count
            where try await replayGuard.claim(Claims.new(expiringAfter: seconds, share)) == .first {
                firsts += 1
            }
            return firsts
        }

        @Test("A caller's limit holds over two guards, after an exchange, and affects no other caller")
        func twoGuards() async throws {
            let server = try await RedisServer()
            let guards = try (0..<2).map { _ in
                try RedisReplayGuard(server.configuration { $0.capacityPerCaller = 100 })
            }
            let share = try Claims.share()
            #expect(try await claims(guards[0], share, count: 60) == 60)
            #expect(try await claims(guards[1], share, count: 30) == 30)
            try await Task.sleep(for: .milliseconds(1500))
            #expect(try await claims(guards[1], share, count: 50) == 10)
            try await Task.sleep(for: .milliseconds(1500))
            // The first guard learns of the others with its next exchange.
            #expect(try await claims(guards[0], share, count: 1) <= 1)
            try await Task.sleep(for: .milliseconds(1500))
            #expect(try await guards[0].claim(Claims.new(share)) == .callerFull(limit: 100))
            #expect(try await claims(guards[0], Claims.share("z"), count: 10) == 10)
            #expect(try await claims(guards[0], Claims.share("a", .plain), count: 10) == 10)
            // Replays do not count.
            let request = try Claims.new(Claims.share("y"))
            for round in 0..<200 {
                #expect(try await guards[1].claim(request) == (round == 0 ? .first : .replayed))
            }
        }

        @Test("A caller at its limit recovers when its requests expire, and when Redis lost the counters")
        func recovery() async throws {
            let server = try await RedisServer()
            let replayGuard = try RedisReplayGuard(
                server.configuration {
                    $0.capacityPerCaller = 20
                    $0.expiryMargin = .seconds(1)
                }
            )
            let share = try Claims.share()
            #expect(try await claims(replayGuard, share, count: 30, expiringAfter: 2) == 20)
            try await Task.sleep(for: .milliseconds(4300))
            #expect(try await claims(replayGuard, share, count: 30) == 20)
            try await Task.sleep(for: .milliseconds(1500))
            #expect(try await claims(replayGuard, share, count: 1) == 0)
            // The fields of the first requests are erased, or their hash has expired.
            #expect(try server.command("HVALS", "km:count:\(share.text)") == "20")
            try server.command("FLUSHALL")
            _ = try await claims(replayGuard, share, count: 1)
            try await Task.sleep(for: .milliseconds(1500))
            #expect(try await claims(replayGuard, share, count: 30) == 20)
        }

        @Test("Counters that other programs wrote do not trap")
        func strangeCounters() async throws {
            let server = try await RedisServer()
            let replayGuard = try RedisReplayGuard(server.configuration { $0.capacityPerCaller = 100 })
            let share = try Claims.share()
            let key = "km:count:\(share.text)"
            try server.command(
                "HSET",
                key,
                "x",
                "y",
                "9223372036854775807",
                "9223372036854775807",
                "99999999999",
                "-5"
            )
            #expect(try await claims(replayGuard, share, count: 1) == 1)
            try await Task.sleep(for: .milliseconds(1500))
            #expect(try await replayGuard.claim(Claims.new(share)) == .callerFull(limit: 100))
            try server.command("DEL", key)
            try server.command("SET", key, "text")
            try await Task.sleep(for: .milliseconds(1500))
            #expect(try await claims(replayGuard, Claims.share("b"), count: 1) == 1)
        }
    }
}
#endif
