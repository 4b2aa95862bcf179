internal import KMSecurity

/// Collects the inputs of many tasks, and processes them together.
///
/// While a batch is processed, the inputs that arrive form the next one, so that a batch is as large as the load needs.
final class Batcher<Input: Sendable, Output: Sendable>: Sendable {
    private struct State {
        var waiting: [(input: Input, continuation: CheckedContinuation<Output, any Error>)] = []
        /// The number of inputs at the beginning of `waiting` that were taken already.
        var takenCount = 0
        var running = 0
    }

    private let largestBatch: Int
    private let parallelCount: Int
    private let process: @Sendable ([Input]) async throws -> [Output]
    private let state = Locked(State())

    /// Creates a batcher.
    ///
    /// - Parameters:
    ///   - largestBatch: The largest number of inputs that are processed together.
    ///   - parallelCount: The largest number of batches that are processed at the same time.
    ///   - process: Processes inputs, and returns an output for each, in their order.
    init(
        largestBatch: Int,
        parallelCount: Int,
        process: @escaping @Sendable ([Input]) async throws -> [Output]
    ) {
        (self.largestBatch, self.parallelCount, self.process) = (largestBatch, max(1, parallelCount), process)
    }

    func output(of input: Input) async throws -> Output {
        try await withCheckedThrowingContinuation { continuation in
            let starts = state.withLock { state in
                state.waiting.append((input, continuation))
                guard state.running < parallelCount else { return false }
                state.running += 1
                return true
            }
            if starts { Task.detached { await self.run() } }
        }
    }

    private func run() async {
        while true {
            let batch = state.withLock { state in
                let batch = Array(state.waiting[state.takenCount...].prefix(largestBatch))
                state.takenCount += batch.count
                // Each input is moved once at most, on average.
                if state.takenCount * 2 >= state.waiting.count {
                    state.waiting.removeFirst(state.takenCount)
                    state.takenCount = 0
                }
                if batch.isEmpty { state.running -= 1 }
                return batch
            }
            if batch.isEmpty { return }
            do {
                let outputs = try await process(batch.map(\.input))
                guard outputs.count == batch.count else {
                    throw KMError(.registryDamaged, "the store returned \(outputs.count) results for \(batch.count)")
                }
                for (waiting, output) in zip(batch, outputs) { waiting.continuation.resume(returning: output) }
            } catch {
                for waiting in batch { waiting.continuation.resume(throwing: error) }
            }
        }
    }
}
