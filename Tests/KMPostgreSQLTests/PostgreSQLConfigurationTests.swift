#if PostgreSQL
import Foundation
import KMPostgreSQL
import KMPostgreSQLTestSupport
import KMSecurity
import KMSecurityTestSupport
import Testing

extension PostgreSQLTests {
    @Suite("Configurations that a guard on PostgreSQL rejects", .serialized)
    struct ConfigurationTests {
        private let claims: Claims

        init() throws { claims = try PostgreSQLTests.claims() }

        /// Checks that a claim and `check()` throw the same error, whose detail has the words and no secret.
        private func expectUnavailable(
            _ configuration: PostgreSQLReplayGuard.Configuration,
            _ words: [String],
            _ location: SourceLocation = #_sourceLocation
        ) async throws {
            let replayGuard = try PostgreSQLReplayGuard(configuration)
            for attempt in 0..<2 {
                let error = await #expect(throws: KMError(.replayStoreUnavailable), sourceLocation: location) {
                    if attempt == 0 { try await replayGuard.check() }
                    _ = try await replayGuard.claim(claims.requests.request(0))
                }
                let detail = error?.detail ?? ""
                for word in words { #expect(detail.contains(word), "\(detail)", sourceLocation: location) }
                #expect(!detail.contains("secret"), sourceLocation: location)
            }
            await replayGuard.close()
        }

        @Test("A wrong password and an unknown database, without the password in the error")
        func authentication() async throws {
            try await expectUnavailable(
                claims.configuration {
                    $0.connectionString = claims.server.connectionString(password: "secret-wrong")
                },
                ["password authentication failed"]
            )
            try await expectUnavailable(
                claims.configuration { $0.connectionString = claims.server.connectionString(database: "nowhere") },
                ["database \"nowhere\" does not exist"]
            )
        }

        @Test("A server that does not exist, without the parts of a malformed URI in the error")
        func address() async throws {
            try await expectUnavailable(
                claims.configuration { $0.connectionString = "host=/nowhere user=admin password=secret" },
                ["Is the server running locally"]
            )
            // The password has an unescaped @, so libpq takes its end for a part of the host's name.
            try await expectUnavailable(
                claims.configuration {
                    $0.connectionString = "postgresql://admin:pass@secret.invalid@127.0.0.1/postgres"
                },
                ["…"]
            )
        }

        @Test("A missing table, with the way to create it")
        func missingTable() async throws {
            try await expectUnavailable(
                claims.configuration(),
                ["42P01", "does not exist", "createTable()", "schema"]
            )
            let replayGuard = try PostgreSQLReplayGuard(claims.configuration())
            for statement in replayGuard.schema.split(separator: ";\n") {
                try claims.server.query(String(statement))
            }
            #expect(try await claims.requests.claimPersistently(replayGuard, 0) == .first)
        }

        @Test("A table of another form")
        func otherTable() async throws {
            try claims.server.query("CREATE TABLE \(claims.table) (key bytea, expiry bigint)")
            try claims.server.query(
                "CREATE TABLE \(claims.table)_count (share text, period_end bigint, count bigint)"
            )
            let replayGuard = try PostgreSQLReplayGuard(claims.configuration())
            let error = await #expect(throws: KMError(.replayStoreUnavailable)) {
                try await replayGuard.claim(claims.requests.request(0))
            }
            #expect(error?.detail.contains("compare it with the guard's property schema") == true)
        }

        @Test("Read-only sessions, asynchronous commits and unlogged tables")
        func settings() async throws {
            _ = try await claims.guards(1)
            for (option, words) in [
                ("default_transaction_read_only=on", ["read-only"]),
                ("synchronous_commit=off", ["synchronous_commit must be on or remote_apply; it is off"]),
                ("synchronous_commit=local", ["it is local"]),
            ] {
                try await expectUnavailable(
                    claims.configuration { $0.connectionString += " options='-c \(option)'" },
                    words
                )
            }
            let unsafe = claims.configuration {
                $0.connectionString += " options='-c synchronous_commit=off'"
                $0.insecureAllowingUnsafeCommits = true
            }
            try await PostgreSQLReplayGuard(unsafe).check()
            try claims.server.query("ALTER TABLE \(claims.table) SET UNLOGGED")
            try await expectUnavailable(claims.configuration(), ["must be logged", "SET LOGGED"])
        }

        @Test("A standby")
        func standby() async throws {
            _ = try await claims.guards(1)
            let standby = try PostgreSQLServer(copying: claims.server)
            try standby.becomeStandby()
            try standby.start()
            try await expectUnavailable(
                claims.configuration { $0.connectionString = standby.connectionString() },
                ["standby", "connect to the primary"]
            )
        }

        @Test(
            "Names that are not plain identifiers",
            arguments: ["", "a b", "a\"", "1a", "A", "a.b.c", "a.", ".a", String(repeating: "a", count: 49)]
        )
        func tableNames(name: String) {
            #expect(throws: KMError(.configurationInvalid)) {
                _ = try PostgreSQLReplayGuard(claims.configuration { $0.table = name })
            }
        }

        @Test("A connection string that libpq cannot parse, without the string in the error")
        func connectionString() {
            for text in [
                "password=a secret", "host='secret", "postgresql://secret:secret@[", "secret", "host=a\0secret",
            ] {
                let error = #expect(throws: KMError(.configurationInvalid)) {
                    _ = try PostgreSQLReplayGuard(claims.configuration { $0.connectionString = text })
                }
                #expect(error?.detail.contains("secret") == false)
            }
        }

        @Test("A table in a schema is accepted")
        func schema() async throws {
            try claims.server.query("CREATE SCHEMA \(claims.table)")
            let replayGuard = try PostgreSQLReplayGuard(
                claims.configuration { $0.table = "\(claims.table).replay" }
            )
            try await replayGuard.createTable()
            try await replayGuard.createTable()
            #expect(try await claims.requests.claimPersistently(replayGuard, 0) == .first)
            #expect(try await replayGuard.claim(claims.requests.request(0)) == .replayed)
        }
    }
}
#endif
