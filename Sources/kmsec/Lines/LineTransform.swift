import KMPrimitives
import KMSecurity

/// What is done to each line of a long input.
protocol LineTransform: Sendable {
    /// Appends what becomes of `line`, which is without its end, to `output`.
    ///
    /// - Throws: ``KMError``, whose detail holds nothing of the line.
    func append(_ line: Span<UInt8>, to output: inout [UInt8]) throws
}

/// What became of a batch of lines.
struct TransformedLines: Sendable {
    /// As many lines as came in; those at fault are empty.
    private(set) var output: [UInt8] = []
    private(set) var lineCount = 0
    /// What is wrong with which line, the first being 0.
    private(set) var faults: [(line: Int, error: KMError)] = []

    /// Transforms the lines of `batch` but the first `skipped`.
    init(_ batch: LineReader.Batch, skipping skipped: Int, by transform: some LineTransform) throws {
        if batch.isOverlong {
            lineCount = 1
            output = [UInt8(ascii: "\n")]
            let limit = LineReader.maximumLineByteCount
            faults = [(0, KMError(.limitExceeded, "a line of more than \(limit) bytes"))]
            return
        }
        output.reserveCapacity(2 * batch.count)
        try batch.bytes.withBytes { bytes in
            var start = 0
            var line = 0
            while start < batch.count {
                var end = start
                while end < batch.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
                if line >= skipped { try append(bytes.extracting(start..<end), transform) }
                line += 1
                start = end + 1
            }
        }
    }

    private mutating func append(_ line: Span<UInt8>, _ transform: some LineTransform) throws {
        let before = output.count
        do {
            try transform.append(line, to: &output)
        } catch let error as KMError where error.code != .cryptographyUnavailable {
            output.removeSubrange(before...)
            faults.append((lineCount, error))
        }
        output.append(UInt8(ascii: "\n"))
        lineCount += 1
    }
}
