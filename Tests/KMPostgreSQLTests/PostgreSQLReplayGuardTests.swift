#if PostgreSQL
import Foundation
import KMPostgreSQL
import KMPostgreSQLTestSupport
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

/// The tests share one server.
///
/// They run one after the other, because some of them stop it.
@Suite("PostgreSQL", .serialized, .enabled(if: PostgreSQLServer.commands != nil, "\(PostgreSQLServer.absence)"))
enum PostgreSQLTests {
    static let started = Result<PostgreSQLServer, any Error> {
        let server = try PostgreSQLServer()
        try server.start()
        return server
    }

    /// Static values are never released, so the server must be stopped when the process ends.
    private static let removal = atexit { try? PostgreSQLTests.started.get().remove() }

    static func claims() throws -> Claims {
        #expect(removal == 0)
        return try Claims(server: started.get())
    }
}

extension PostgreSQLTests {
    @Suite("The replay guard on PostgreSQL", .serialized)
    struct ReplayGuardTests {
        private let claims: Claims

        init() throws { claims = try PostgreSQLTests.claims() }

        @Test("Exactly one of 200 concurrent copies on three guards is the first, in each of 20 rounds")
        func concurrentCopies() async throws {
            let guards = try await claims.guards(3)
            try await guards[2].check()
            for round in 0..<20 {
                let answers = try await withThrowingTaskGroup(of: ReplayClaim.self) { group in
                    for copy in 0..<200 {
                        group.addTask { try await guards[copy % 3].claim(claims.requests.request(round)) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(answers.count { $0 == .first } == 1)
                #expect(answers.count { $0 == .replayed } == 199)
            }
        }

        @Test("Concurrent claims of different requests are all the first, and then all copies")
        func batches() async throws {
            let guards = try await claims.guards(2)
            for expected in [ReplayClaim.first, .replayed] {
                let answers = try await withThrowingTaskGroup(of: ReplayClaim.self) { group in
                    for number in 0..<3000 {
                        group.addTask { try await guards[number % 2].claim(claims.requests.request(number)) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(answers == Array(repeating: expected, count: 3000))
            }
        }

        @Test("A copy is rejected until its expiry; then the row counts as absent")
        func expiry() async throws {
            let replayGuard = try await claims.guards(1)[0]
            let request = try claims.requests.request(0, expiry: 1)
            #expect(try await replayGuard.claim(request) == .first)
            #expect(try await replayGuard.claim(request) == .replayed)
            #expect(
                try await replayGuard.claim(
                    ReplayClaimRequest(
                        key: request.key,
                        share: request.share,
                        expiry: request.expiry.addingTimeInterval(500),
                        date: request.expiry
                    )
                ) == .replayed
            )
            try await Task.sleep(for: .milliseconds(1100))
            #expect(try await replayGuard.claim(claims.requests.request(0)) == .first)
            #expect(try await replayGuard.claim(claims.requests.request(0)) == .replayed)
        }

        @Test("A clock that is ahead does not make a live row expire")
        func clockAhead() async throws {
            let replayGuard = try await claims.guards(1)[0]
            let request = try claims.requests.request(0, expiry: 20)
            #expect(try await replayGuard.claim(request) == .first)
            let later = ReplayClaimRequest(
                key: request.key,
                share: request.share,
                expiry: request.expiry.addingTimeInterval(500),
                date: request.expiry.addingTimeInterval(100)
            )
            #expect(try await replayGuard.claim(later) == .replayed)
        }

        @Test("A request whose row may be erased already is rejected")
        func forgotten() async throws {
            let replayGuard = try await claims.guards(1)[0]
            #expect(try await replayGuard.claim(claims.requests.request(0, expiry: -31)) == .forgotten)
            #expect(try await replayGuard.claim(claims.requests.request(1, expiry: -29)) == .first)
            for date in [Date.distantPast, Date(timeIntervalSince1970: .nan)] {
                let request = try claims.requests.request(2)
                let strange = ReplayClaimRequest(key: request.key, share: request.share, expiry: date, date: date)
                #expect(try await replayGuard.claim(strange) == .forgotten)
            }
        }

        @Test("Expired rows and counters are erased after a margin")
        func erasure() async throws {
            let replayGuard = try await claims.guards(1)[0]
            try claims.server.query(
                """
                INSERT INTO \(claims.table) SELECT sha256(i::text::bytea),
                (extract(epoch FROM now()) * 1000)::bigint - CASE WHEN i <= 12000 THEN 61000 ELSE 50000 END
                FROM generate_series(1, 12010) AS i
                """
            )
            try claims.server.query("INSERT INTO \(claims.table)_count VALUES ('x', 7, 1), ('y', 4102444800, 1)")
            let service = Task { await replayGuard.run() }
            let end = ContinuousClock.now + .seconds(60)
            while try count(claims.table) > 10, ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(try count(claims.table) == 10)
            #expect(try count("\(claims.table)_count") == 1)
            service.cancel()
            await service.value
        }

        private func count(_ table: String) throws -> Int64 {
            try claims.server.query("SELECT count(*) FROM \(table)").int64(0, 0) ?? -1
        }

        @Test("Two guards enforce one limit on a caller, and other callers are not affected")
        func quota() async throws {
            let guards = try await claims.guards(2) { $0.capacityPerCaller = 100 }
            let services = guards.map { replayGuard in Task { await replayGuard.run() } }
            for number in 0..<60 { #expect(try await guards[0].claim(claims.requests.request(number)) == .first) }
            try await Task.sleep(for: .milliseconds(1500))
            var firsts = 0
            for number in 100..<200 {
                if try await guards[1].claim(claims.requests.request(number)) == .first { firsts += 1 }
                // The second guard learns the count of the first with its own first exchange.
                if number == 100 { try await Task.sleep(for: .milliseconds(1500)) }
            }
            #expect(firsts == 40)
            try await Task.sleep(for: .milliseconds(1500))
            // The first guard learns it in the same way.
            #expect(try await guards[0].claim(claims.requests.request(300)) == .first)
            try await Task.sleep(for: .milliseconds(1500))
            #expect(try await guards[0].claim(claims.requests.request(301)) == .callerFull(limit: 100))
            #expect(try await guards[0].claim(claims.requests.request(302, caller: 1)) == .first)
            // A full share recovers when the database has less.
            try claims.server.query("UPDATE \(claims.table)_count SET count = 1")
            try await Task.sleep(for: .milliseconds(1500))
            #expect(try await guards[0].claim(claims.requests.request(303)) == .first)
            for service in services {
                service.cancel()
                await service.value
            }
        }

        @Test("A copy does not count toward the limit of its caller")
        func copiesAreFree() async throws {
            let replayGuard = try await claims.guards(1) { $0.capacityPerCaller = 2 }[0]
            for _ in 0..<5 { _ = try await replayGuard.claim(claims.requests.request(0)) }
            #expect(try await replayGuard.claim(claims.requests.request(1)) == .first)
            #expect(try await replayGuard.claim(claims.requests.request(2)) == .callerFull(limit: 2))
        }

        @Test("A closed guard rejects claims, and a released guard closes its connections")
        func closing() async throws {
            var guards = try await claims.guards(2)
            try await guards[0].check()
            try await guards[1].check()
            await guards[0].close()
            await #expect(throws: KMError(.replayStoreUnavailable)) {
                try await guards[0].claim(claims.requests.request(0))
            }
            guards = []
            let end = ContinuousClock.now + .seconds(60)
            while try !claims.server.guardProcesses().isEmpty, ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try claims.server.guardProcesses().isEmpty)
        }

        @Test("Nothing that is printed contains the connection string")
        func printing() async throws {
            let secret = "administrator-secret"
            let replayGuard = try await claims.guards(1)[0]
            let texts = printings(of: replayGuard) + printings(of: claims.configuration())
            #expect(!texts.contains { $0.contains(secret) || $0.contains(claims.server.directory) })
            #expect("\(replayGuard)" == "PostgreSQLReplayGuard(\(claims.table), 250000 per caller)")
        }
    }
}
#endif
