import Foundation
import KMSecurity
import Synchronization

extension SpeedOperations.Operation {
    /// Returns this operation on several threads at once, with the operation on one thread as its reference.
    func threaded(_ count: Int) -> SpeedOperations.Operation {
        let library = library
        return SpeedOperations.Operation(
            name,
            .oneThread,
            byteCount: byteCount,
            { rounds in
                let failure = Mutex<(any Error)?>(nil)
                let start = ContinuousClock.now
                DispatchQueue.concurrentPerform(iterations: min(count, rounds)) { thread in
                    do {
                        _ = try library(rounds / count + (thread < rounds % count ? 1 : 0))
                    } catch {
                        failure.withLock { $0 = error }
                    }
                }
                let duration = start.duration(to: .now)
                if let error = failure.withLock({ $0 }) { throw error }
                return Int64(duration / .nanoseconds(1))
            },
            library
        )
    }
}
