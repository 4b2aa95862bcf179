#if Redis
import Foundation
import KMRedis
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Synchronization
import Testing

extension RedisTests {
    @Suite("Servers that are not Redis, or are broken")
    struct HostileServerTests {
        /// Whether a command is a claim, and not a part of a check.
        private static func isClaim(_ command: [String]) -> Bool { command.count == 6 }

        @Test(
            "A server that answers with garbage, half answers or nothing to its check is rejected",
            arguments: [
                "HTTP/1.1 400 Bad Request\r\n\r\n", "\u{0}\u{1}", "$99999999999\r\n", "*2\r\n",
                "*2\r\n$1\r\na\r\n$1\r\nb\r\n",
                ":1\r\n", "+OK\r\n+OK\r\n", "-ERR no\r\n", "$5\r\nab", "*-1\r\n", "",
            ]
        )
        func brokenChecks(_ text: String) async throws {
            let server = try await FakeServer { _ in .bytes(text) }
            let replayGuard = try RedisReplayGuard(server.configuration(timeout: .milliseconds(100)))
            for _ in 0..<3 { #expect(try await replayGuard.fault(Claims.new())?.code == .replayStoreUnavailable) }
            await replayGuard.close()
        }

        @Test(
            "Broken answers to claims never count as acceptance",
            arguments: [
                "+ok\r\n", "+QUEUED\r\n", ":1\r\n", "$2\r\nOK\r\n", "*0\r\n", "*1\r\n+OK\r\n", "-ERR no\r\n",
                "-\r\n",
                "+OK\n", "+OK", "OK\r\n", "\r\n",
            ]
        )
        func brokenClaims(_ text: String) async throws {
            let server = try await FakeServer { command in
                Self.isClaim(command) ? .bytes(text) : FakeServer.healthy(command)
            }
            let replayGuard = try RedisReplayGuard(server.configuration(timeout: .milliseconds(300)))
            for _ in 0..<3 { #expect(try await replayGuard.fault(Claims.new())?.code == .replayStoreUnavailable) }
            await replayGuard.close()
        }

        @Test("More answers than commands close the connection, and are not used as the next claim's answer")
        func surplusAnswers() async throws {
            let count = Atomic<Int>(0)
            let server = try await FakeServer { command in
                guard Self.isClaim(command) else { return FakeServer.healthy(command) }
                return count.add(1, ordering: .relaxed).newValue == 1 ? .bytes("$-1\r\n+OK\r\n") : .bytes("$-1\r\n")
            }
            let replayGuard = try RedisReplayGuard(server.configuration())
            for _ in 0..<5 {
                let claim = try? await replayGuard.claim(Claims.new())
                #expect(claim == .replayed || claim == nil)
            }
        }

        @Test("A server that closes after half an answer is connected again, and the claim is rejected")
        func closing() async throws {
            let count = Atomic<Int>(0)
            let server = try await FakeServer { command in
                guard Self.isClaim(command) else { return FakeServer.healthy(command) }
                return count.add(1, ordering: .relaxed).newValue <= 3 ? .close(after: "+O") : .bytes("+OK\r\n")
            }
            let replayGuard = try RedisReplayGuard(server.configuration())
            #expect(try await replayGuard.fault(Claims.new())?.code == .replayStoreUnavailable)
            _ = try await replayGuard.firstAccepted()
        }

        @Test("A server that closes each connection at once is not connected in a tight loop")
        func closingAtOnce() async throws {
            let count = Atomic<Int>(0)
            let server = try await FakeServer { command in
                if command.first == "TIME" { count.add(1, ordering: .relaxed) }
                return command.first == "GET" ? .close(after: "$1\r\n1\r\n") : FakeServer.healthy(command)
            }
            let replayGuard = try RedisReplayGuard(server.configuration())
            let start = ContinuousClock.now
            while ContinuousClock.now - start < .seconds(2) {
                _ = try await replayGuard.fault(Claims.new())
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(count.load(ordering: .relaxed) < 20)
        }

        @Test(
            "Clocks that differ by more than the margin are rejected",
            arguments: [(-90, true), (90, true), (30, false)]
        )
        func clocks(_ offset: Int, _ isRejected: Bool) async throws {
            let server = try await FakeServer { FakeServer.healthy($0, clockOffset: Int64(offset)) }
            let replayGuard = try RedisReplayGuard(server.configuration())
            let fault = try await replayGuard.fault(Claims.new())
            #expect((fault != nil) == isRejected)
            if isRejected { #expect(fault?.detail.contains(offset > 0 ? "ahead of" : "behind") == true) }
        }

        @Test("A clock that is set while the guard is connected is noticed")
        func clockThatIsSet() async throws {
            let offset = Atomic<Int64>(0)
            let server = try await FakeServer { command in
                FakeServer.healthy(command, clockOffset: offset.load(ordering: .relaxed))
            }
            let log = CapturedLog()
            let replayGuard = try RedisReplayGuard(
                server.configuration(),
                log.logger,
                CounterRecorder(),
                checkInterval: .milliseconds(100)
            )
            _ = try await replayGuard.firstAccepted()
            offset.store(120, ordering: .relaxed)
            #expect(await log.waits(for: "error: replay store unavailable"))
            #expect(try await replayGuard.fault(Claims.new())?.detail.contains("s ahead of this process's") == true)
            offset.store(0, ordering: .relaxed)
            _ = try await replayGuard.firstAccepted()
        }

        @Test("A guard without an answer to one claim discards it when it comes late")
        func lateAnswers() async throws {
            let held = Mutex<Bool>(true)
            let server = try await FakeServer { command in
                guard Self.isClaim(command) else { return FakeServer.healthy(command) }
                // The first claim gets its answer, "replayed", with the next command only.
                let isFirst = held.withLock { held in
                    defer { held = false }
                    return held
                }
                return isFirst ? .nothing : .bytes("$-1\r\n+OK\r\n")
            }
            let replayGuard = try RedisReplayGuard(server.configuration())
            let first = Task { try await replayGuard.claim(Claims.new()) }
            try await Task.sleep(for: .milliseconds(100))
            #expect(try await replayGuard.claim(Claims.new()) == .first)
            #expect(try await first.value == .replayed)
        }

        @Test("Random answers never trap and are never acceptance")
        func randomAnswers() async throws {
            let generator = Mutex(SeededGenerator(seed: 3))
            let server = try await FakeServer { command in
                guard Self.isClaim(command) else { return FakeServer.healthy(command) }
                let bytes = generator.withLock { generator in
                    Array("-ERR a\r\n".utf8).mutated(using: &generator)
                }
                return .bytes(String(decoding: bytes.filter { $0 != UInt8(ascii: "+") }, as: UTF8.self))
            }
            let replayGuard = try RedisReplayGuard(server.configuration(timeout: .milliseconds(300)))
            for _ in 0..<60 { #expect((try? await replayGuard.claim(Claims.new())) != .first) }
        }
    }
}
#endif
