/// Times of two or more classes of input in random order, and Welch's t between the first class and each other one.
///
/// The method is that of Reparaz, Balasch and Verbauwhede, "Dude, is my code constant time?".
package struct TimingSamples {
    private var times: [[Double]]

    /// Times `operation` with randomly chosen classes, on average `count` times per class.
    package init(
        classCount: Int,
        count: Int,
        isolation: isolated (any Actor)? = #isolation,
        _ operation: (_ index: Int, _ round: Int) async throws -> Void
    ) async rethrows {
        times = Array(repeating: [], count: classCount)
        let clock = ContinuousClock()
        for round in -1000..<classCount * count {
            let index = Int.random(in: 0..<classCount)
            let start = clock.now
            try await operation(index, round & 0xFFFF)
            let elapsed = start.duration(to: clock.now)
            // The first thousand rounds warm up the caches.
            if round >= 0 { record(index, elapsed) }
        }
    }

    /// Creates an empty collection of samples.
    package init(classCount: Int) { times = Array(repeating: [], count: classCount) }

    /// Adds the time of one operation, below a second, to a class.
    package mutating func record(_ index: Int, _ elapsed: Duration) {
        times[index].append(Double(elapsed.components.attoseconds) / 1e9)
    }

    /// Returns the mean, variance and number of one class's samples, without those slower than `limit`.
    private func moments(_ index: Int, below limit: Double) -> (mean: Double, variance: Double, count: Double) {
        let kept = times[index].filter { $0 <= limit }
        let count = Double(kept.count)
        let mean = kept.reduce(0, +) / count
        return (mean, kept.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1), count)
    }

    /// Returns t between the first class and each other one, over all samples and over the fastest 90% and 50%.
    package func report(_ names: [String]) -> String {
        let sorted = times.joined().sorted()
        let limits = [
            ("all", Double.infinity), ("90%", sorted[sorted.count * 9 / 10]), ("50%", sorted[sorted.count / 2]),
        ]
        return (1..<times.count).map { other in
            let values = limits.map { name, limit in
                let (a, b) = (moments(0, below: limit), moments(other, below: limit))
                let t = (a.mean - b.mean) / (a.variance / a.count + b.variance / b.count).squareRoot()
                let means = "\(Int(a.mean)) and \(Int(b.mean)) ns, \(Int(a.count)) and \(Int(b.count)) samples"
                return "  t \((t * 100).rounded() / 100) over \(name) (\(means))"
            }
            return "timing: \(names[0]) against \(names[other])\n" + values.joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
