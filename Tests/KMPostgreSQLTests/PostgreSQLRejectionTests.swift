#if PostgreSQL
import Foundation
import KMPostgreSQL
import KMPostgreSQLTestSupport
import KMSecurity
import KMSecurityTestSupport
import Logging
import ServiceLifecycle
import Testing

extension PostgreSQLTests {
    @Suite("Statements that PostgreSQL rejects", .serialized)
    struct RejectionTests {
        private let claims: Claims

        init() throws { claims = try PostgreSQLTests.claims() }

        /// Lets the table reject inserts with an SQLSTATE, and a detail that must not be shown.
        private func rejectInserts(_ state: String) throws {
            try claims.server.query(
                """
                CREATE OR REPLACE FUNCTION \(claims.table)_reject() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                RAISE EXCEPTION 'rejected' USING ERRCODE = '\(state)', DETAIL = 'a value', HINT = 'a value'; END $$
                """
            )
            try claims.server.query(
                """
                CREATE OR REPLACE TRIGGER reject BEFORE INSERT ON \(claims.table)
                EXECUTE FUNCTION \(claims.table)_reject()
                """
            )
        }

        @Test(
            "The code of the error says whether the database is full or unavailable",
            arguments: [
                ("53100", KMError.Code.replayGuardFull), ("53200", .replayGuardFull),
                ("25006", .replayStoreUnavailable), ("55P03", .replayStoreUnavailable),
                ("57014", .replayStoreUnavailable), ("40P01", .replayStoreUnavailable),
            ]
        )
        func codes(state: String, code: KMError.Code) async throws {
            let log = CapturedLog()
            let logger = log.logger
            let replayGuard = try await claims.guards(1, logger: logger) { $0.capacityPerCaller = 1 }[0]
            try await replayGuard.check()
            try rejectInserts(state)
            // A request that was not stored does not count toward the limit of its caller.
            for number in 0..<3 {
                let error = await #expect(throws: KMError(code)) {
                    try await replayGuard.claim(claims.requests.request(number))
                }
                #expect(error?.detail.contains("\(state): rejected") == true)
                #expect(error?.detail.contains("a value") == false)
                #expect(error?.detail.contains("may be stored") == false)
            }
            #expect(log.records.count == 1)
            try claims.server.query("DROP TRIGGER reject ON \(claims.table)")
            #expect(try await claims.requests.claimPersistently(replayGuard, 0) == .first)
            #expect(log.records.map(\.level) == [.error, .notice])
        }

        @Test("A commit that the standbys did not confirm is not accepted, and neither are its copies")
        func unconfirmedCommit() async throws {
            let replayGuard = try await claims.guards(1) { $0.timeout = .seconds(5) }[0]
            try await replayGuard.check()
            try claims.server.query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            try claims.server.query("SELECT pg_reload_conf()")
            defer {
                _ = try? claims.server.query("ALTER SYSTEM RESET synchronous_standby_names")
                _ = try? claims.server.query("SELECT pg_reload_conf()")
            }
            try await Task.sleep(for: .milliseconds(300))
            let claim = Task { try await replayGuard.claim(claims.requests.request(0)) }
            try await Task.sleep(for: .milliseconds(300))
            for id in try claims.server.guardProcesses() {
                try claims.server.query("SELECT pg_cancel_backend(\(id))")
            }
            let error = await #expect(throws: KMError(.replayStoreUnavailable)) { try await claim.value }
            #expect(error?.detail.contains("standbys did not confirm") == true)
            #expect(error?.detail.contains("may be stored") == true)
            try claims.server.query("ALTER SYSTEM RESET synchronous_standby_names")
            try claims.server.query("SELECT pg_reload_conf()")
            try await Task.sleep(for: .milliseconds(300))
            #expect(try await replayGuard.claim(claims.requests.request(0)) == .replayed)
        }

        @Test("Claims beyond the limit of waiting ones fail at once")
        func waitingLimit() async throws {
            // At most ten claims are in the connection's statement and ten wait for it.
            let replayGuard = try await claims.guards(1) {
                $0.connectionCount = 1
                $0.maximumClaimCount = 10
            }[0]
            try await replayGuard.check()
            let processes = try claims.server.guardProcesses()
            for id in processes { _ = Foundation.kill(id, SIGSTOP) }
            let answers = await withTaskGroup(of: String.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        do {
                            return "\(try await replayGuard.claim(claims.requests.request(number)))"
                        } catch {
                            return "\(error)"
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            for id in processes { _ = Foundation.kill(id, SIGCONT) }
            #expect(answers.count { $0.contains("10 claims wait for the database already") } >= 80)
            #expect(try await claims.requests.claimPersistently(replayGuard, 1000) == .first)
        }

        @Test("The service ends when swift-service-lifecycle shuts down, and exchanges the last counts")
        func service() async throws {
            let guards = try await claims.guards(2) { $0.capacityPerCaller = 3 }
            let group = ServiceGroup(services: [guards[0]], logger: Logger(label: "test"))
            let running = Task { try await group.run() }
            try await Task.sleep(for: .milliseconds(200))
            for number in 0..<3 { #expect(try await guards[0].claim(claims.requests.request(number)) == .first) }
            await group.triggerGracefulShutdown()
            try await running.value
            let sum = try claims.server.query("SELECT sum(count)::bigint FROM \(claims.table)_count")
            #expect(sum.int64(0, 0) == 3)
            // Claims are still answered.
            #expect(try await guards[0].claim(claims.requests.request(0)) == .callerFull(limit: 3))
        }
    }
}
#endif
