import KMPrimitives
import KMSecurity

/// A transformation of each line of a long input.
protocol LineTransform: Sendable {
    /// Appends the transformed line to `output`.
    ///
    /// - Parameters:
    ///   - line: The line, without its line end.
    ///   - output: The buffer to append to.
    /// - Throws: ``KMError``. Its detail contains nothing of the line.
    func append(_ line: Span<UInt8>, to output: inout SecretBuffer) throws
}

/// The transformed lines of a batch.
struct TransformedLines: Sendable {
    /// One line for each input line; a line with an error is empty, and others may hold card numbers.
    let output: SecretBytes
    let lineCount: Int
    /// The errors, each with the index of its line, from 0.
    let faults: [(line: Int, error: KMError)]

    /// Transforms the lines of a batch.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - skipped: The number of lines to skip at the beginning.
    ///   - transform: The transformation.
    /// - Throws: ``KMError`` `cryptographyUnavailable`. Errors of single lines go to `faults`.
    init(_ batch: LineReader.Batch, skipping skipped: Int, by transform: some LineTransform) throws {
        guard !batch.isOverlong else {
            self = try .ofOverlongLine()
            return
        }
        // The line of a PAR has 28 bytes; the line of a PAN has about 17.
        var output = try SecretBuffer(capacity: 2 * batch.count)
        var lineCount = 0
        var faults: [(line: Int, error: KMError)] = []
        try batch.forEachLine(after: skipped) { line in
            let before = output.count
            do {
                try transform.append(line, to: &output)
            } catch let error as KMError where error.code != .cryptographyUnavailable {
                output.truncate(to: before)
                faults.append((lineCount, error))
            }
            try output.append(UInt8(ascii: "\n"))
            lineCount += 1
        }
        self.init(output: output.finish(), lineCount: lineCount, faults: faults)
    }

    /// Returns the result of one line that is too long.
    ///
    /// - Parameter hasOutput: Whether each line has a line of output.
    /// - Returns: An empty line or nothing, with an error.
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    static func ofOverlongLine(hasOutput: Bool = true) throws -> TransformedLines {
        TransformedLines(
            output: try SecretBytes(copying: hasOutput ? [UInt8(ascii: "\n")] : []),
            lineCount: 1,
            faults: [(0, LineReader.overlongLine)]
        )
    }

    /// Creates a result.
    ///
    /// - Parameters:
    ///   - output: One line for each input line.
    ///   - lineCount: The number of lines.
    ///   - faults: The errors.
    init(output: SecretBytes, lineCount: Int, faults: [(line: Int, error: KMError)]) {
        (self.output, self.lineCount, self.faults) = (output, lineCount, faults)
    }
}
