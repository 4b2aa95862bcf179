#if Redis
import Foundation
import KMRedis
import KMSecurity
import KMSecurityTestSupport
import Testing

extension RedisTests {
    @Suite("Faults of Redis", .enabled(if: RedisServer.isInstalled, "\(RedisServer.absence)"))
    struct StoreFaultTests {
        private static let durable = "--appendonly yes --appendfsync always"

        @Test("After kill -9 and a restart with appendfsync always, no request passes twice and service resumes")
        func killAndRestart() async throws {
            let server = try await RedisServer(Self.durable)
            let log = CapturedLog()
            let replayGuard = try RedisReplayGuard(server.configuration(), logger: log.logger)
            var accepted: [ReplayClaimRequest] = []
            for _ in 0..<3 {
                for _ in 0..<200 {
                    let request = try Claims.new()
                    #expect(try await replayGuard.claim(request) == .first)
                    accepted.append(request)
                }
                server.signal(SIGKILL)
                let fault = try await replayGuard.fault(Claims.new())
                #expect(fault?.code == .replayStoreUnavailable)
                try await server.start()
                accepted.append(try await replayGuard.firstAccepted())
                // A fault that comes back within a second is the same fault.
                try await Task.sleep(for: .milliseconds(1300))
            }
            for request in accepted { #expect(try await replayGuard.claim(request) == .replayed) }
            #expect(log.count("replay store lost its data") == 0)
            #expect(log.count("warning: replay store restarted") == 3)
            #expect(log.count("error: replay store unavailable") == 3)
        }

        @Test("A restart without persistence is logged, counted and survived")
        func lostData() async throws {
            let server = try await RedisServer()
            let (log, counter) = (CapturedLog(), CounterRecorder())
            let replayGuard = try RedisReplayGuard(server.configuration(), log.logger, counter)
            let request = try Claims.new()
            #expect(try await replayGuard.claim(request) == .first)
            server.signal(SIGKILL)
            #expect(try await replayGuard.fault(Claims.new())?.code == .replayStoreUnavailable)
            try await server.start()
            _ = try await replayGuard.firstAccepted()
            #expect(log.count("error: replay store lost its data") == 1)
            #expect(log.lines.contains { $0.contains("appendfsync always") })
            #expect(counter.count == 1)
            // What was lost passes once.
            #expect(try await replayGuard.claim(request) == .first)
            #expect(try await replayGuard.claim(request) == .replayed)
        }

        @Test(
            "While Redis is stopped for 2 s, claims time out; then late answers are discarded and service resumes"
        )
        func stopped() async throws {
            let server = try await RedisServer()
            let log = CapturedLog()
            let replayGuard = try RedisReplayGuard(
                server.configuration {
                    $0.timeout = .milliseconds(500)
                    $0.connectionCount = 1
                },
                logger: log.logger
            )
            let before = try await replayGuard.firstAccepted()
            let clients = try server.command("CLIENT", "LIST").split(separator: "\n").count
            server.signal(SIGSTOP)
            let start = ContinuousClock.now
            let late = try (0..<50).map { _ in try Claims.new() }
            let faults = await withTaskGroup(of: KMError?.self) { group in
                for request in late { group.addTask { await replayGuard.fault(request) } }
                return await group.reduce(into: [KMError?]()) { $0.append($1) }
            }
            let elapsed = ContinuousClock.now - start
            #expect(faults.allSatisfy { $0?.code == .replayStoreUnavailable })
            #expect(elapsed > .milliseconds(450) && elapsed < .seconds(60))
            // The server is known not to answer now.
            #expect(try await replayGuard.fault(Claims.new())?.detail.contains("does not answer") == true)
            try await Task.sleep(for: .milliseconds(1400))
            server.signal(SIGCONT)
            _ = try await replayGuard.firstAccepted()
            // Redis executed the claims that timed out, so their copies are replays; nothing got another claim's answer.
            for request in late + [before] { #expect(try await replayGuard.claim(request) == .replayed) }
            for _ in 0..<50 { #expect(try await replayGuard.claim(Claims.new()) == .first) }
            #expect(try server.command("CLIENT", "LIST").split(separator: "\n").count == clients)
            #expect(log.count("error: replay store unavailable") == 1)
            #expect(await log.waits(for: "notice: replay store available again"))
        }

        @Test("A full Redis rejects new requests as replayGuardFull, still knows the others, and resumes")
        func full() async throws {
            let server = try await RedisServer("--maxmemory-policy noeviction")
            let log = CapturedLog()
            let replayGuard = try RedisReplayGuard(server.configuration(), logger: log.logger)
            let request = try await replayGuard.firstAccepted()
            try server.command("CONFIG", "SET", "maxmemory", "1")
            for _ in 0..<20 { #expect(try await replayGuard.fault(Claims.new())?.code == .replayGuardFull) }
            #expect(await replayGuard.fault(request)?.code == .replayGuardFull)
            let fresh = try RedisReplayGuard(server.configuration())
            #expect(try await fresh.fault(Claims.new())?.code == .replayGuardFull)
            try server.command("CONFIG", "SET", "maxmemory", "0")
            try await Task.sleep(for: .milliseconds(1100))
            _ = try await replayGuard.firstAccepted()
            #expect(try await replayGuard.claim(request) == .replayed)
            #expect(log.count("error: replay store unavailable") == 1)
            #expect(await log.waits(for: "notice: replay store available again"))
        }

        @Test("A Redis that erases keys is rejected with the setting's name, unless the configuration allows it")
        func eviction() async throws {
            let server = try await RedisServer("--maxmemory 100mb --maxmemory-policy allkeys-lru")
            let replayGuard = try RedisReplayGuard(server.configuration())
            let fault = try await replayGuard.fault(Claims.new())
            #expect(fault?.code == .replayStoreUnavailable)
            #expect(fault?.detail.contains("set maxmemory-policy to noeviction") == true)
            let careless = try RedisReplayGuard(server.configuration { $0.insecureAllowingEviction = true })
            #expect(try await careless.claim(Claims.new()) == .first)
            // The guard notices by itself that the setting has changed.
            try server.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
            _ = try await replayGuard.firstAccepted()
        }

        @Test("A guard notices while it is connected that data was lost, or that Redis may erase keys from now on")
        func changesWhileConnected() async throws {
            let server = try await RedisServer()
            let (log, counter) = (CapturedLog(), CounterRecorder())
            let replayGuard = try RedisReplayGuard(
                server.configuration(),
                log.logger,
                counter,
                checkInterval: .milliseconds(100)
            )
            _ = try await replayGuard.firstAccepted()
            try server.command("FLUSHALL")
            #expect(await log.waits(for: "error: replay store lost its data"))
            try await Task.sleep(for: .milliseconds(300))
            #expect(counter.count == 1)
            try server.command("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "volatile-ttl")
            #expect(await log.waits(for: "error: replay store unavailable"))
            let fault = try await replayGuard.fault(Claims.new())
            #expect(fault?.detail.contains("maxmemory-policy volatile-ttl") == true)
            try server.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
            _ = try await replayGuard.firstAccepted()
        }

        @Test("A replica is rejected, and accepted once it is the primary")
        func replica() async throws {
            let primary = try await RedisServer()
            let server = try await RedisServer("--replicaof 127.0.0.1 \(primary.port)")
            let replayGuard = try RedisReplayGuard(server.configuration())
            let fault = try await replayGuard.fault(Claims.new())
            #expect(fault?.detail.contains("is a replica") == true)
            try server.command("REPLICAOF", "NO", "ONE")
            let request = try await replayGuard.firstAccepted()
            // A primary that becomes a replica answers READONLY.
            try server.command("REPLICAOF", "127.0.0.1", "\(primary.port)")
            #expect(await replayGuard.fault(request)?.detail.contains("is a replica") == true)
        }

        @Test("Connections that Redis closes are opened again, without a claim that waits longer than its timeout")
        func disconnected() async throws {
            let server = try await RedisServer()
            let replayGuard = try RedisReplayGuard(server.configuration { $0.connectionCount = 3 })
            var accepted: [ReplayClaimRequest] = []
            for _ in 0..<5 {
                accepted.append(try await replayGuard.firstAccepted())
                try server.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            }
            _ = try await replayGuard.firstAccepted()
            for request in accepted { #expect(try await replayGuard.claim(request) == .replayed) }
        }

        @Test("While nothing listens, claims are rejected at once after the first attempt, and logged once")
        func nothingListens() async throws {
            let log = CapturedLog()
            let address = RedisReplayGuard.Address.insecurePlaintext(
                host: "127.0.0.1",
                port: try await LoopbackPort.free()
            )
            let replayGuard = try RedisReplayGuard(.init(address: address), logger: log.logger)
            let start = ContinuousClock.now
            for _ in 0..<200 {
                let fault = try await replayGuard.fault(Claims.new())
                #expect(fault?.code == .replayStoreUnavailable)
                #expect(fault?.detail.contains("cannot be reached") == true)
            }
            #expect(ContinuousClock.now - start < .seconds(60))
            #expect(log.lines.count == 1)
        }
    }
}
#endif
