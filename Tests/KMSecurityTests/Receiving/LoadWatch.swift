import Foundation
import KMSecurity
import Synchronization

/// Watches memory and a guard's room ten times a second.
final class LoadWatch: Sendable {
    private let isOver = Atomic(false)
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

    func stop() {
        isOver.store(true, ordering: .relaxed)
    }

    func run() async throws {
        while !isOver.load(ordering: .relaxed) {
            // The second number is the resident pages, of 4096 bytes each.
            let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
            let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? .infinity
            samples.withLock { $0.append(pages * 4096 / 1_048_576) }
            let count = replayGuard.count
            greatestCount.withLock { $0 = max($0, count) }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
