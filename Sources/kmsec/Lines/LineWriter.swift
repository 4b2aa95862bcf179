import KMPrimitives
import KMSecurity

/// Standard output, for many lines: it knows how many of them stand there.
struct LineWriter {
    private let output: Descriptor
    /// How many whole lines were written.
    private(set) var lineCount = 0

    init(_ output: Descriptor) {
        self.output = output
    }

    /// Writes lines, each with its end.
    ///
    /// Where that fails, no part of a line stays behind in a file.
    ///
    /// - Throws: ``KMError`` `fileUnwritable`, or `CancellationError` when asked to stop.
    mutating func write(_ bytes: SecretBytes, lineCount count: Int) throws {
        let (written, failure) = bytes.withBytes(output.write)
        guard let failure else { return lineCount += count }
        let (lines, part) = bytes.withBytes { bytes in
            var (lines, part) = (0, 0)
            for index in 0..<written {
                part += 1
                if bytes[index] == UInt8(ascii: "\n") { (lines, part) = (lines + 1, 0) }
            }
            return (lines, part)
        }
        lineCount += lines
        if part > 0, !output.takeBack(part) {
            Messages.warning("what stands behind the output's last line end is part of a line, to be taken away")
        }
        guard failure != 0 else { throw CancellationError() }
        throw KMError(.fileUnwritable, "\(output.name): \(systemReason(failure))")
    }
}
