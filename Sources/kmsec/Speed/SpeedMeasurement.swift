/// The measured time of an operation and of its reference.
struct SpeedMeasurement: Encodable {
    /// A function that runs a number of rounds and returns their time in nanoseconds.
    typealias Rounds = @Sendable (Int) throws -> Int64

    let operation: String
    let rounds: Int
    /// The median time of a call, in microseconds.
    let microseconds: Double
    let reference: SpeedOperations.Yardstick
    /// The median time of a call of the reference, in microseconds.
    let referenceMicroseconds: Double
    /// The median ratio of operation to reference, over pairs of batches that ran one after the other.
    let ratio: Double
    /// The lower and upper quartile of these ratios.
    let ratioQuartiles: [Double]
    let callsPerSecond: Double
    /// The throughput in millions of bytes per second; nil for operations without an input size.
    let megabytesPerSecond: Double?

    /// Measures an operation and its reference.
    ///
    /// They run alternately in batches of some milliseconds, so that a change of the machine's speed affects both.
    ///
    /// - Parameters:
    ///   - operation: The operation, with its reference.
    ///   - seconds: The approximate total time, in seconds.
    /// - Throws: The errors of the operation.
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

    /// Returns a number of rounds that take some milliseconds.
    ///
    /// The test runs also warm up caches. They get longer until the start of threads no longer counts.
    private static func batch(_ rounds: Rounds) throws -> Int {
        let enough: Int64 = 5_000_000
        var count = 8
        while true {
            let nanoseconds = max(1, try rounds(count))
            guard nanoseconds < enough else { return max(1, Int(Int64(count) * 2 * enough / nanoseconds)) }
            count *= 2
        }
    }
}
