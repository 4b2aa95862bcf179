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
    mutating func write(_ bytes: [UInt8], lineCount count: Int) throws {
        let (written, failure) = output.write(bytes.span)
        guard let failure else { return lineCount += count }
        let done = bytes[..<written]
        lineCount += done.count { $0 == UInt8(ascii: "\n") }
        let part = done.count - (done.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0)
        if part > 0, !output.takeBack(part) {
            Messages.warning("what stands behind the output's last line end is part of a line, to be taken away")
        }
        guard failure != 0 else { throw CancellationError() }
        throw KMError(.fileUnwritable, "\(output.name): \(systemReason(failure))")
    }
}
