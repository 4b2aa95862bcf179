internal import Synchronization

/// Numbered calls that several tasks make at the same time.
package enum ParallelCalls {
    /// Makes calls with the numbers from 0 to `count - 1`, and measures how long each takes.
    ///
    /// - Parameters:
    ///   - count: The number of calls.
    ///   - taskCount: The number of tasks, which is the largest number of calls in progress.
    ///   - continues: Whether calls go on, although some are left.
    ///   - started: Receives twice a second how many calls were started.
    ///   - call: Makes a call.
    /// - Returns: The times.
    /// - Throws: The first error of a call.
    package static func run(
        _ count: Int,
        taskCount: Int,
        while continues: @escaping @Sendable () -> Bool = { true },
        started: @escaping @Sendable (Int) -> Void = { _ in },
        _ call: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> CallTimes {
        try await run(taskCount: taskCount, while: { $0 < count && continues() }, started: started, call)
    }

    /// Makes calls for some time, and measures how long each takes.
    ///
    /// - Parameters:
    ///   - duration: How long calls are started.
    ///   - taskCount: The number of tasks, which is the largest number of calls in progress.
    ///   - continues: Whether calls go on, although there is time left.
    ///   - started: Receives twice a second how many calls were started.
    ///   - call: Makes a call, which receives its number.
    /// - Returns: The times.
    /// - Throws: The first error of a call.
    package static func run(
        for duration: Duration,
        taskCount: Int,
        while continues: @escaping @Sendable () -> Bool = { true },
        started: @escaping @Sendable (Int) -> Void = { _ in },
        _ call: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> CallTimes {
        let end = ContinuousClock.now + duration
        return try await run(
            taskCount: taskCount,
            while: { _ in ContinuousClock.now < end && continues() },
            started: started,
            call
        )
    }

    private static func run(
        taskCount: Int,
        while continues: @escaping @Sendable (Int) -> Bool,
        started: @escaping @Sendable (Int) -> Void,
        _ call: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> CallTimes {
        let numbers = Numbers()
        let progress = Task {
            while true {
                try await Task.sleep(for: .milliseconds(500))
                started(numbers.current)
            }
        }
        defer { progress.cancel() }
        let start = ContinuousClock.now
        let milliseconds = try await withThrowingTaskGroup(of: [Float].self) { group in
            for _ in 0..<taskCount {
                group.addTask {
                    var milliseconds: [Float] = []
                    while true {
                        let number = numbers.next()
                        guard continues(number) else { return milliseconds }
                        let start = ContinuousClock.now
                        try await call(number)
                        milliseconds.append(Float(start.duration(to: .now) / .milliseconds(1)))
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        return CallTimes(milliseconds, seconds: start.duration(to: .now) / .seconds(1))
    }
}

/// How long calls took.
package struct CallTimes: Sendable {
    /// The time from the start of the first call to the end of the last one.
    package let seconds: Double
    private let sorted: [Float]

    /// Creates the times of calls.
    ///
    /// - Parameters:
    ///   - milliseconds: The time of each call.
    ///   - seconds: The time of all together.
    package init(_ milliseconds: [Float], seconds: Double) {
        (sorted, self.seconds) = (milliseconds.sorted(), seconds)
    }

    /// The number of calls.
    package var count: Int { sorted.count }

    /// The number of calls per second.
    package var rate: Double { Double(count) / seconds }

    /// The time in milliseconds within which this many percent of the calls ended; 0 without a call.
    package func percentile(_ percent: Int) -> Double {
        sorted.isEmpty ? 0 : Double(sorted[min(count - 1, count * percent / 100)])
    }
}

/// Numbers that several tasks take in turn.
private final class Numbers: Sendable {
    private let value = Atomic<Int>(0)

    var current: Int { value.load(ordering: .relaxed) }

    func next() -> Int { value.add(1, ordering: .relaxed).oldValue }
}
