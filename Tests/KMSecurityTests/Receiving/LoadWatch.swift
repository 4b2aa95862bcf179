import Foundation
import KMSecurity
import Synchronization

/// Keeps what the tasks under load see of memory and of a guard's room.
final class LoadWatch: Sendable {
    private let samples = Mutex<[Double]>([])
    private let greatestCount = Mutex(0)
    private let replayGuard: InMemoryReplayGuard

    init(_ replayGuard: InMemoryReplayGuard) {
        self.replayGuard = replayGuard
    }

    /// The most requests that the guard held.
    var maximumCount: Int { greatestCount.withLock { $0 } }

    /// The resident memory, in MiB, in the order of time.
    var memory: [Double] { samples.withLock { $0 } }

    /// Looks once; the tasks call it between requests, since they leave no thread to one that only watches.
    func look() throws {
        // The second number is the resident pages, of 4096 bytes each.
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? .infinity
        samples.withLock { $0.append(pages * 4096 / 1_048_576) }
        let count = replayGuard.count
        greatestCount.withLock { $0 = max($0, count) }
    }
}
