import Foundation
import KMSecurity
import KMSecurityTestSupport
import Synchronization

/// Records the memory use and the size of a replay guard during a load test.
final class LoadWatch: Sendable {
    private let samples = Mutex<[Double]>([])
    private let greatestCount = Mutex(0)
    private let replayGuard: InMemoryReplayGuard

    init(_ replayGuard: InMemoryReplayGuard) {
        self.replayGuard = replayGuard
    }

    /// The largest number of requests that the guard held.
    var maximumCount: Int { greatestCount.withLock { $0 } }

    /// The samples of resident memory, in MiB, in order of time.
    var memory: [Double] { samples.withLock { $0 } }

    /// Takes one sample; the tasks call it between requests, since they leave no thread for a separate watcher.
    func look() throws {
        // The second number is the number of resident pages, of 4096 bytes each.
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? .infinity
        samples.withLock { $0.append(pages * 4096 / 1_048_576) }
        let count = replayGuard.count
        greatestCount.withLock { $0 = max($0, count) }
    }
}
