import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import Testing

/// A server under load from several tasks, which must reject every replay and every forgery in bounded memory.
///
/// Bodies are plain, so that RSA does not limit the rate. `KMSEC_LOAD` is the number of requests. If it is not a number
/// greater than 1, the number of requests is 1,000,000.
@Suite("Load")
struct LoadTests {
    private static let setting = ProcessInfo.processInfo.environment["KMSEC_LOAD"]
    static let isWanted = setting != nil

    private static let requestCount: Int = {
        let count = setting.flatMap { Int($0) } ?? 0
        return count > 1 ? count : 1_000_000
    }()
    private static let taskCount = 8

    /// The outcomes of requests of one kind.
    struct Tally: Sendable, Equatable {
        var passed = 0
        var replayed = 0
        var mismatched = 0
        var other = 0

        static func += (left: inout Tally, right: Tally) {
            left.passed += right.passed
            left.replayed += right.replayed
            left.mismatched += right.mismatched
            left.other += right.other
        }
    }

    struct Tallies: Sendable {
        var genuine = Tally()
        var copies = Tally()
        var forgeries = Tally()
    }

    /// Sends one task's share: requests `from`, `from + 8`, …, each 100th of them twice, and each 100th forged.
    private static func send(
        from: Int,
        to server: ServerSecurity,
        by client: ClientSecurity,
        forger: ClientSecurity,
        watch: LoadWatch
    ) async throws -> Tallies {
        var tallies = Tallies()
        for index in stride(from: from, to: requestCount, by: taskCount) {
            if index / taskCount % 256 == 0 { try watch.look() }
            let body = Array(#"{"userId":\#(index),"physicalCardNo":"9491339401250765"}"#.utf8)
            if index / taskCount % 100 == 99 {
                try await open(forger.seal(body, protection: .none), server, &tallies.forgeries)
                continue
            }
            let request = try client.seal(body, protection: .none)
            try await open(request, server, &tallies.genuine)
            if index / taskCount % 100 == 49 { try await open(request, server, &tallies.copies) }
        }
        return tallies
    }

    private static func open(_ request: SealedRequest, _ server: ServerSecurity, _ tally: inout Tally) async throws {
        do {
            let call = try await server.open(request, protection: .none)
            if call.parameters == request.body { tally.passed += 1 } else { tally.other += 1 }
        } catch let error as KMError {
            switch error.code {
            case .replayed: tally.replayed += 1
            case .tokenMismatch: tally.mismatched += 1
            default: tally.other += 1
            }
        }
    }

    @Test(.enabled(if: isWanted, "takes a minute or more; to run it, set KMSEC_LOAD to a number of requests"))
    func everyReplayAndForgeryIsRejected() async throws {
        let ends = try ClientAndServer()
        // With a window of 3 s each way, requests enter and leave the guard all the time.
        let replayGuard = InMemoryReplayGuard(capacity: 2 * Self.requestCount, capacityPerCaller: Self.requestCount)
        let server = try ServerSecurity(
            credentials: ends.credentials(ends.secretKey),
            keyring: CryptoKeyring([ends.serverKey], primary: nil),
            replayGuard: replayGuard,
            configuration: .init(replayRetention: .insecureFreshnessWindowOnly, tolerance: .init(past: 3, future: 3))
        )
        func client(_ secretKey: SecretKey) throws -> ClientSecurity {
            try ClientSecurity(
                party: .serviceProvider(ends.accessKey),
                aspID: ends.aspID,
                secretKey: secretKey,
                keyring: CryptoKeyring(primary: ends.clientKey)
            )
        }
        let genuine = try client(ends.secretKey)
        let forger = try client(try ClientAndServer.secretKey("a guess"))

        let watch = LoadWatch(replayGuard)
        let start = ContinuousClock.now
        let total = try await withThrowingTaskGroup(of: Tallies.self) { group in
            for task in 0..<Self.taskCount {
                group.addTask { try await Self.send(from: task, to: server, by: genuine, forger: forger, watch: watch) }
            }
            var total = Tallies()
            for try await tallies in group {
                total.genuine += tallies.genuine
                total.copies += tallies.copies
                total.forgeries += tallies.forgeries
            }
            return total
        }
        let elapsed = ContinuousClock.now - start

        let share = Self.requestCount / 100
        #expect(total.genuine == Tally(passed: Self.requestCount - total.forgeries.mismatched))
        #expect(total.copies == Tally(replayed: total.copies.replayed))
        #expect(total.forgeries == Tally(mismatched: total.forgeries.mismatched))
        #expect((share - Self.taskCount...share + Self.taskCount).contains(total.copies.replayed))
        #expect((share - Self.taskCount...share + Self.taskCount).contains(total.forgeries.mismatched))
        #expect(watch.maximumCount <= replayGuard.capacityPerCaller)

        // Memory must be flat. Once the guard is full, after the length of its window, the last third may use only
        // slightly more than the middle third.
        let memory = watch.memory
        let third = memory.count / 3
        let (first, middle, last) = (memory.prefix(third), memory.dropFirst(third).prefix(third), memory.suffix(third))
        #expect(third > 0)
        if elapsed > .seconds(12) { #expect((last.max() ?? .infinity) <= (middle.max() ?? 0) * 1.1 + 16) }
        let sent = total.genuine.passed + total.copies.replayed + total.forgeries.mismatched
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        print(
            "load: \(sent) requests in \(seconds) s, \(Int(Double(sent) / seconds)) a second; passed",
            "\(total.genuine.passed), replays rejected \(total.copies.replayed), forgeries rejected",
            "\(total.forgeries.mismatched); guard at most \(watch.maximumCount); resident MiB, thirds:",
            [first, middle, last].map { $0.max() ?? 0 }
        )
    }
}
