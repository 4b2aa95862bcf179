/// An operation of the library and what it is measured against, by turns.
struct SpeedMeasurement: Encodable {
    /// Runs a number of rounds and tells the nanoseconds they took.
    typealias Rounds = @Sendable (Int) throws -> Int64

    let operation: String
    let rounds: Int
    /// Microseconds a call, medians.
    let microseconds: Double
    let reference: SpeedOperations.Yardstick
    let referenceMicroseconds: Double
    /// Of pairs of batches that ran one after the other: the median, and the quartiles.
    let ratio: Double
    let ratioQuartiles: [Double]
    let callsPerSecond: Double
    /// Millions of bytes a second, where a call's input has a size worth telling.
    let megabytesPerSecond: Double?

    /// Measures for about `seconds`, in batches of some milliseconds, by turns, so that a change of the machine's speed
    /// meets both alike.
    init(_ operation: SpeedOperations.Operation, seconds: Double) throws {
        let libraryBatch = try Self.batch(operation.library)
        let referenceBatch = try Self.batch(operation.reference)
        let limit = Int64(seconds * 1_000_000_000)
        var (ours, theirs): ([Double], [Double]) = ([], [])
        var spent: Int64 = 0
        while spent < limit || ours.count < 5 {
            let isFirst = ours.count.isMultiple(of: 2)
            let before = isFirst ? 0 : try operation.reference(referenceBatch)
            let library = try operation.library(libraryBatch)
            let reference = isFirst ? try operation.reference(referenceBatch) : before
            ours.append(Double(library) / Double(libraryBatch) / 1000)
            theirs.append(Double(reference) / Double(referenceBatch) / 1000)
            spent += library + reference
        }
        let ratios = zip(ours, theirs).map { $0 / $1 }.sorted()
        self.operation = operation.name
        rounds = ours.count * libraryBatch
        microseconds = ours.sorted()[ours.count / 2]
        reference = operation.yardstick
        referenceMicroseconds = theirs.sorted()[theirs.count / 2]
        ratio = ratios[ratios.count / 2]
        ratioQuartiles = [ratios[ratios.count / 4], ratios[ratios.count * 3 / 4]]
        callsPerSecond = 1_000_000 / microseconds
        megabytesPerSecond = operation.byteCount.map { Double($0) / (ours.sorted()[ours.count / 2]) }
    }

    /// How many rounds take some milliseconds; running them warms up as well.
    private static func batch(_ rounds: Rounds) throws -> Int {
        let nanoseconds = max(1, try rounds(8) / 8)
        return max(1, Int(5_000_000 / nanoseconds))
    }
}
