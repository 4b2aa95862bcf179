import KMCommandLine
import KMPrimitives
import KMSecurity

/// Writes lines to a descriptor, and counts them.
struct LineWriter {
    private let output: Descriptor
    /// The number of whole lines that were written.
    private(set) var lineCount = 0

    init(_ output: Descriptor) {
        self.output = output
    }

    /// Writes lines, each with its line end.
    ///
    /// If writing to a file fails, an incomplete line at its end is removed.
    ///
    /// - Parameters:
    ///   - bytes: The lines.
    ///   - count: The number of lines.
    /// - Throws: ``KMError`` `fileUnwritable`, or `CancellationError` after a request to stop.
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
            Messages.warning("the output ends with an incomplete line; remove everything after the last line end")
        }
        guard failure != 0 else { throw CancellationError() }
        throw KMError(.fileUnwritable, "\(output.name): \(systemReason(failure))")
    }
}
