#if PostgreSQL || Redis
import Foundation
import KMPostgreSQL
import KMRedis
import KMSecurity
import KMSecurityTestSupport
import LoadSupport

/// One server of the load test `Tests/Load/replay`, which says on standard input what to claim.
///
/// A line `claim FIRST END` asks for the requests from FIRST to END - 1 that belong to this server, or to all. A line
/// `copy FIRST END` asks for copies of those of another server. The answer is `done`, after the answers are in the
/// results file: a line for each claim with the number, the answer, the microseconds and the number of failures.
@main
struct ReplayLoad {
    private let index: Int
    private let requests: ReplayRequests
    private let replayGuard: any ReplayGuard
    private let results: FileHandle

    private static let serverCount = 3
    private static let taskCount = 200

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 6, let index = Int(arguments[1]), let seed = UInt64(arguments[2]) else {
            print("usage: ReplayLoad INDEX SEED postgresql|redis CONNECTION-STRING|PORT RESULTS-FILE")
            exit(2)
        }
        guard FileManager.default.createFile(atPath: arguments[5], contents: nil),
            let results = FileHandle(forWritingAtPath: arguments[5])
        else { throw CocoaError(.fileWriteUnknown) }
        let store = try await Store.open(arguments[3], arguments[4], isFirst: index == 0)
        let load = ReplayLoad(
            index: index,
            requests: ReplayRequests(seed: seed),
            replayGuard: store.replayGuard,
            results: results
        )
        let service = Task { await store.run() }
        load.say("ready")
        while let line = readLine() {
            let words = line.split(separator: " ")
            guard words.count == 3, let first = Int(words[1]), let end = Int(words[2]) else { break }
            try await load.claim(words[0] == "copy" ? load.copies(first, end) : load.own(first, end))
            load.say("done")
        }
        service.cancel()
        await service.value
        await store.close()
    }

    /// The requests of this server: first those that all servers claim at the same time, one in a hundred.
    private func own(_ first: Int, _ end: Int) -> [Int] {
        let shared = (first..<end).filter { $0 % 100 == 0 }
        return shared + (first..<end).filter { $0 % 100 != 0 && $0 % Self.serverCount == index }
    }

    private func copies(_ first: Int, _ end: Int) -> [Int] {
        (first..<end).filter { ($0 + 1) % Self.serverCount == index }
    }

    private func claim(_ numbers: [Int]) async throws {
        let lines = Locked<[String]>([])
        _ = try await ParallelCalls.run(numbers.count, taskCount: Self.taskCount) { position in
            let line = try await claim(numbers[position])
            lines.withLock { $0.append(line) }
        }
        try results.write(contentsOf: Data(lines.withLock { $0.joined() }.utf8))
    }

    /// Claims a request until the database answers.
    private func claim(_ number: Int) async throws -> String {
        var failureCount = 0
        while true {
            let start = ContinuousClock.now
            do {
                let answer = try await replayGuard.claim(requests.request(number, expiry: 900, caller: number % 50))
                return "\(number) \(answer) \(Int(start.duration(to: .now) / .microseconds(1))) \(failureCount)\n"
            } catch let error as KMError where [.replayStoreUnavailable, .replayGuardFull].contains(error.code) {
                failureCount += 1
                try await Task.sleep(for: .milliseconds(Int.random(in: 20..<60)))
            }
        }
    }

    /// Prints a line at once, also to a pipe.
    private func say(_ line: String) { try? FileHandle.standardOutput.write(contentsOf: Data("\(line)\n".utf8)) }
}
#else
@main
struct ReplayLoad {
    static func main() { print("Build with --traits PostgreSQL,Redis.") }
}
#endif
