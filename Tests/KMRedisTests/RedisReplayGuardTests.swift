#if Redis
import Foundation
import KMRedis
import KMSecurity
import KMTestSupport
import Testing

extension RedisTests {
    @Suite("The replay guard on Redis", .enabled(if: RedisServer.isInstalled, "\(RedisServer.absence)"))
    struct RedisReplayGuardTests {
        @Test("Exactly one of 200 concurrent copies over three guards is the first, in each of 20 rounds")
        func concurrentCopies() async throws {
            let server = try await RedisServer()
            let guards = try (0..<3).map { _ in try RedisReplayGuard(server.configuration()) }
            for _ in 0..<20 {
                let request = try Claims.new()
                let answers = try await withThrowingTaskGroup(of: ReplayClaim.self) { group in
                    for index in 0..<200 { group.addTask { try await guards[index % 3].claim(request) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(answers.count { $0 == .first } == 1)
                #expect(answers.count { $0 == .replayed } == 199)
            }
        }

        @Test("Redis keeps a request until its expiry and the margin, and then erases it")
        func expiry() async throws {
            let server = try await RedisServer()
            let replayGuard = try RedisReplayGuard(server.configuration { $0.expiryMargin = .seconds(1) })
            let request = try Claims.new(expiringAfter: 0.5)
            #expect(try await replayGuard.claim(request) == .first)
            try await Task.sleep(for: .milliseconds(1000))
            #expect(try await replayGuard.claim(request) == .replayed)
            try await Task.sleep(for: .milliseconds(700))
            #expect(try server.command("EXISTS", "km:\(request.key.text)") == "0")
            // Redis may have erased it, so the guard cannot tell.
            #expect(try await replayGuard.claim(request) == .forgotten)
            #expect(try server.command("EXISTS", "km:\(request.key.text)") == "0")
        }

        @Test("Dates that are not numbers or are far away are rejected or kept, without a trap")
        func strangeDates() async throws {
            let server = try await RedisServer()
            let replayGuard = try RedisReplayGuard(server.configuration())
            let model = try Claims.new()
            for (seconds, answer) in [
                (-Double.infinity, ReplayClaim.forgotten), (.nan, .forgotten), (-1e300, .forgotten),
                (0, .forgotten),
                (1e300, .first), (.infinity, .first),
            ] {
                let request = ReplayClaimRequest(
                    key: try Claims.new().key,
                    share: model.share,
                    expiry: Date(timeIntervalSince1970: seconds),
                    date: model.date
                )
                #expect(try await replayGuard.claim(request) == answer)
            }
        }

        @Test("Two guards with different prefixes or databases do not share requests")
        func separation() async throws {
            let server = try await RedisServer()
            let request = try Claims.new()
            for change: (inout RedisReplayGuard.Configuration) -> Void in [
                { _ in }, { $0.prefix = "other:" }, { $0.database = 3 },
            ] {
                let replayGuard = try RedisReplayGuard(server.configuration(change))
                #expect(try await replayGuard.claim(request) == .first)
                #expect(try await replayGuard.claim(request) == .replayed)
            }
            let missing = try RedisReplayGuard(server.configuration { $0.database = 99 })
            #expect(await missing.fault(request)?.detail.contains("has no database 99") == true)
        }

        @Test("A guard connects to a Unix socket")
        func unixSocket() async throws {
            let server = try await RedisServer("--unixsocket FOLDER/redis.sock")
            let path = server.folder.appending(path: "redis.sock").path
            let replayGuard = try RedisReplayGuard(.init(address: .unixSocket(path: path)))
            let request = try Claims.new()
            #expect(try await replayGuard.claim(request) == .first)
            #expect(try await replayGuard.claim(request) == .replayed)
        }

        @Test("run() ends when its task is cancelled, and the guard rejects claims after that")
        func running() async throws {
            let server = try await RedisServer()
            let replayGuard = try RedisReplayGuard(server.configuration())
            let task = Task { await replayGuard.run() }
            #expect(try await replayGuard.claim(Claims.new()) == .first)
            #expect(try server.command("CLIENT", "LIST").split(separator: "\n").count >= 2)
            task.cancel()
            await task.value
            #expect(try await replayGuard.fault(Claims.new())?.detail.contains("closed") == true)
            #expect(try await server.losesAllClients())
        }

        @Test(
            "A guard that is closed, or whose run() is cancelled, waits for the answers to claims",
            arguments: [true, false]
        )
        func closingWithClaims(_ isCancelled: Bool) async throws {
            let server = try await RedisServer()
            let replayGuard = try RedisReplayGuard(server.configuration())
            let service = Task { await replayGuard.run() }
            _ = try await replayGuard.firstAccepted()
            server.signal(SIGSTOP)
            let claim = Task { try await replayGuard.claim(Claims.new()) }
            try await Task.sleep(for: .milliseconds(100))
            let end = Task {
                if isCancelled { service.cancel() } else { await replayGuard.close() }
            }
            try await Task.sleep(for: .milliseconds(100))
            #expect(try await replayGuard.fault(Claims.new())?.detail.contains("closed") == true)
            server.signal(SIGCONT)
            #expect(try await claim.value == .first)
            await end.value
            service.cancel()
            await service.value
        }

        @Test("A guard that is released closes its connections")
        func release() async throws {
            let server = try await RedisServer()
            do {
                let replayGuard = try RedisReplayGuard(server.configuration())
                #expect(try await replayGuard.claim(Claims.new()) == .first)
            }
            #expect(try await server.losesAllClients())
        }

        @Test("More claims at a time than the limit are rejected")
        func tooManyClaims() async throws {
            let server = try await RedisServer()
            let replayGuard = try RedisReplayGuard(
                server.configuration {
                    $0.maximumClaimCount = 10
                    $0.timeout = .seconds(1)
                }
            )
            _ = try await replayGuard.firstAccepted()
            server.signal(SIGSTOP)
            let faults = await withTaskGroup(of: KMError?.self) { group in
                for _ in 0..<30 { group.addTask { await (try? Claims.new()).asyncFlatMap(replayGuard.fault) } }
                return await group.reduce(into: [KMError?]()) { $0.append($1) }
            }
            server.signal(SIGCONT)
            #expect(faults.count { $0?.detail.contains("maximumClaimCount") == true } == 20)
            #expect(faults.count { $0?.detail.contains("did not answer within 1.0 s") == true } == 10)
            _ = try await replayGuard.firstAccepted()
        }

        @Test("Options outside their range are rejected")
        func options() throws {
            let changes: [(inout RedisReplayGuard.Configuration) -> Void] = [
                { $0.prefix = "" }, { $0.prefix = String(repeating: "a", count: 65) }, { $0.connectionCount = 0 },
                { $0.timeout = .zero }, { $0.expiryMargin = .seconds(-1) }, { $0.database = -1 },
                { $0.capacityPerCaller = 0 },
                { $0.username = "u" }, { $0.maximumClaimCount = 0 }, { $0.address = .unixSocket(path: "") },
                { $0.address = .tls(host: "a", port: 0) }, { $0.address = .tls(host: "") },
                { $0.address = .tls(host: "a", options: .init(certificatePath: "x")) },
            ]
            for change in changes {
                var configuration = RedisReplayGuard.Configuration(address: .insecurePlaintext(host: "127.0.0.1"))
                change(&configuration)
                #expect(throws: KMError(.configurationInvalid)) { try RedisReplayGuard(configuration) }
            }
        }

        @Test("The password appears in no description, dump or interpolation")
        func redaction() throws {
            let secret = try SecretBytes(copying: Array("correct-horse".utf8))
            let configuration = RedisReplayGuard.Configuration(
                address: .insecurePlaintext(host: "127.0.0.1"),
                username: "km",
                password: secret
            )
            let replayGuard = try RedisReplayGuard(configuration)
            let texts = printings(of: configuration) + printings(of: replayGuard)
            #expect(!shows(texts, Array("correct-horse".utf8)))
        }
    }
}

extension Optional {
    fileprivate func asyncFlatMap<Result>(_ body: (Wrapped) async -> Result?) async -> Result? {
        guard let self else { return nil }
        return await body(self)
    }
}
#endif
