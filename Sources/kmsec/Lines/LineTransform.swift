import KMPrimitives
import KMSecurity

/// What is done to each line of a long input.
protocol LineTransform: Sendable {
    /// Appends what becomes of `line`, which is without its end, to `output`.
    ///
    /// - Throws: ``KMError``, whose detail holds nothing of the line.
    func append(_ line: Span<UInt8>, to output: inout SecretBuffer) throws
}

/// What became of a batch of lines.
struct TransformedLines: Sendable {
    /// As many lines as came in; those at fault are empty, and the others may hold card numbers.
    let output: SecretBytes
    let lineCount: Int
    /// What is wrong with which line, the first being 0.
    let faults: [(line: Int, error: KMError)]

    /// Transforms the lines of `batch` but the first `skipped`.
    init(_ batch: LineReader.Batch, skipping skipped: Int, by transform: some LineTransform) throws {
        if batch.isOverlong {
            lineCount = 1
            output = try SecretBytes(copying: [UInt8(ascii: "\n")])
            let limit = LineReader.maximumLineByteCount
            faults = [(0, KMError(.limitExceeded, "a line of more than \(limit) bytes"))]
            return
        }
        // A PAR's line takes 28 bytes, and a PAN's 17 or so.
        var output = try SecretBuffer(capacity: 2 * batch.count)
        var lineCount = 0
        var faults: [(line: Int, error: KMError)] = []
        try batch.bytes.withBytes { bytes in
            var start = 0
            var line = 0
            while start < batch.count {
                var end = start
                while end < batch.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
                if line >= skipped {
                    let before = output.count
                    do {
                        try transform.append(bytes.extracting(start..<end), to: &output)
                    } catch let error as KMError where error.code != .cryptographyUnavailable {
                        output.truncate(to: before)
                        faults.append((lineCount, error))
                    }
                    try output.append(UInt8(ascii: "\n"))
                    lineCount += 1
                }
                line += 1
                start = end + 1
            }
        }
        self.output = output.finish()
        self.lineCount = lineCount
        self.faults = faults
    }
}
