#if PostgreSQL
import Foundation
import KMPostgreSQL
import KMPostgreSQLTestSupport
import KMSecurity
import KMSecurityTestSupport
import Logging
import Testing

extension PostgreSQLTests {
    @Suite("Outages of PostgreSQL", .serialized)
    struct OutageTests {
        private let claims: Claims

        init() throws { claims = try PostgreSQLTests.claims() }

        /// Claims 6000 requests with three guards, and a copy of each with another guard, while `disturb` runs.
        private func load(
            atOnce: Int = 60,
            _ disturb: @escaping @Sendable (PostgreSQLServer) async throws -> Void
        ) async throws {
            let guards = try await claims.guards(3)
            for replayGuard in guards { try await replayGuard.check() }
            let (claims, firsts, failed) = (claims, Locked<[Int]>([]), Locked<Set<Int>>([]))
            let next = Locked(0)
            let isDisturbed = Locked(true)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    defer { isDisturbed.withLock { $0 = false } }
                    try await Task.sleep(for: .milliseconds(200))
                    try await disturb(claims.server)
                }
                for _ in 0..<atOnce {
                    group.addTask {
                        while true {
                            let number = next.withLock { next in
                                defer { next += 1 }
                                return next
                            }
                            guard isDisturbed.withLock({ $0 }) || number < 6000 else { return }
                            for copy in 0..<2 {
                                let answer = try await claims.requests.claimPersistently(
                                    guards[(number + copy) % 3],
                                    number,
                                    failures: failed
                                )
                                if answer == .first { firsts.withLock { $0.append(number) } }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let count = next.withLock { $0 } - atOnce
            let accepted = firsts.withLock { $0 }
            #expect(Set(accepted).count == accepted.count, "a request passed twice")
            let missing = Set(0..<count).subtracting(accepted)
            #expect(missing.isSubset(of: failed.withLock { $0 }), "a request was rejected without an outage")
            // Everything that passed stays known.
            for number in accepted.shuffled().prefix(500) {
                #expect(try await guards[0].claim(claims.requests.request(number)) == .replayed)
            }
        }

        @Test("After the server is killed and restarted under load, nothing passes twice and claims succeed again")
        func kill() async throws {
            try await load { server in
                for _ in 0..<2 {
                    try server.kill()
                    try await Task.sleep(for: .milliseconds(300))
                    try server.start()
                    try await Task.sleep(for: .milliseconds(500))
                }
            }
        }

        @Test("When connections are terminated under load, nothing passes twice and claims succeed again")
        func terminate() async throws {
            try await load { server in
                for _ in 0..<10 {
                    try server.query(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE application_name = 'KMSecurity replay guard'
                        """
                    )
                    try await Task.sleep(for: .milliseconds(150))
                }
            }
        }

        @Test("When the server's processes stop for 2 s under load, nothing passes twice and claims succeed again")
        func stop() async throws {
            try await load { server in
                let processes = try server.guardProcesses()
                #expect(processes.count == 6)
                for id in processes { _ = Foundation.kill(id, SIGSTOP) }
                try await Task.sleep(for: .seconds(2))
                for id in processes { _ = Foundation.kill(id, SIGCONT) }
                try await Task.sleep(for: .seconds(1))
            }
        }

        @Test("An idle connection that the server closed is replaced before the next claim")
        func idle() async throws {
            let replayGuard = try await claims.guards(1)[0]
            try await replayGuard.check()
            try claims.server.query(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'KMSecurity replay guard'
                """
            )
            try await Task.sleep(for: .milliseconds(200))
            #expect(try await replayGuard.claim(claims.requests.request(0)) == .first)
        }

        @Test("A claim fails with a timeout while another transaction holds its row")
        func lockedRow() async throws {
            let replayGuard = try await claims.guards(1)[0]
            #expect(try await replayGuard.claim(claims.requests.request(0)) == .first)
            let blocker = Task.detached { [claims] in
                _ = try claims.server.query(
                    "WITH r AS (SELECT FROM \(claims.table) FOR UPDATE) SELECT pg_sleep(8) FROM r"
                )
            }
            try await Task.sleep(for: .milliseconds(300))
            // A claim that waited for the row would return.
            let error = await #expect(throws: KMError(.replayStoreUnavailable)) {
                try await replayGuard.claim(claims.requests.request(0))
            }
            #expect(error?.detail.contains("timeout") == true)
            try await blocker.value
            #expect(try await replayGuard.claim(claims.requests.request(0)) == .replayed)
        }

        @Test("An outage is logged once at its start and once at its end")
        func log() async throws {
            let log = CapturedLog()
            let logger = log.logger
            let replayGuard = try await claims.guards(1, logger: logger)[0]
            try await replayGuard.check()
            try claims.server.stop()
            for number in 0..<100 {
                await #expect(throws: KMError(.replayStoreUnavailable)) {
                    try await replayGuard.claim(claims.requests.request(number))
                }
            }
            try await Task.sleep(for: .seconds(1))
            try claims.server.start()
            _ = try await claims.requests.claimPersistently(replayGuard, 0)
            let logged = log.records.map(\.text)
            #expect(logged.count == 2)
            #expect(logged.first?.hasPrefix("error the replay guard is unavailable and rejects requests") == true)
            #expect(logged.last?.hasPrefix("notice the replay guard is available again") == true)
            #expect(!logged.contains { $0.contains("administrator-secret") })
        }
    }
}
#endif
