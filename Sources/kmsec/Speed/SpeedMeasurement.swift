/// An operation of the library and the bare OpenSSL loop that does the same work, measured in turns.
struct SpeedMeasurement: Encodable {
    /// Runs a number of rounds and tells the nanoseconds they took.
    typealias Rounds = (Int) throws -> Int64

    let operation: String
    let rounds: Int
    /// Microseconds a call, medians.
    let microseconds: Double
    let floorMicroseconds: Double
    /// Of pairs of batches that ran one after the other: the median, and the quartiles.
    let ratio: Double
    let ratioQuartiles: [Double]
    let callsPerSecond: Double

    /// Measures for about `seconds`, in batches of some milliseconds, library and floor by turns, so that a change of the
    /// machine's speed meets both alike.
    init(_ operation: String, seconds: Double, library: Rounds, floor: Rounds) throws {
        let warmUp = max(1, try library(8) / 8)
        _ = try floor(8)
        let batch = max(1, Int(5_000_000 / warmUp))
        let limit = Int64(seconds * 1_000_000_000)
        var (ours, theirs): ([Double], [Double]) = ([], [])
        var spent: Int64 = 0
        while spent < limit || ours.count < 5 {
            let isFirst = ours.count.isMultiple(of: 2)
            let first = try isFirst ? library(batch) : floor(batch)
            let second = try isFirst ? floor(batch) : library(batch)
            ours.append(Double(isFirst ? first : second) / Double(batch) / 1000)
            theirs.append(Double(isFirst ? second : first) / Double(batch) / 1000)
            spent += first + second
        }
        let ratios = zip(ours, theirs).map { $0 / $1 }.sorted()
        self.operation = operation
        rounds = ours.count * batch
        microseconds = ours.sorted()[ours.count / 2]
        floorMicroseconds = theirs.sorted()[theirs.count / 2]
        ratio = ratios[ratios.count / 2]
        ratioQuartiles = [ratios[ratios.count / 4], ratios[ratios.count * 3 / 4]]
        callsPerSecond = 1_000_000 / microseconds
    }

    /// Runs `call` a number of times and tells the nanoseconds.
    static func timed(_ count: Int, _ call: () throws -> Void) rethrows -> Int64 {
        let clock = ContinuousClock()
        let duration = try clock.measure { for _ in 0..<count { try call() } }
        return duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000
    }
}
