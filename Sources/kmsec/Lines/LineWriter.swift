import Glibc
import KMPrimitives
import KMSecurity

/// Standard output, for many lines: it knows how many of them stand there.
struct LineWriter {
    /// How many whole lines were written.
    private(set) var lineCount = 0

    /// Writes lines, each with its end.
    ///
    /// Where that fails, no part of a line stays behind in a file.
    ///
    /// - Throws: ``KMError`` `fileUnwritable`.
    mutating func write(_ bytes: [UInt8], lineCount count: Int) throws {
        var written = 0
        var failure: Int32 = 0
        unsafe bytes.withUnsafeBytes { source in
            while written < source.count, failure == 0, let start = source.baseAddress {
                let put = unsafe Glibc.write(STDOUT_FILENO, start + written, source.count - written)
                if put >= 0 { written += put } else if errno != EINTR { failure = errno }
            }
        }
        guard failure != 0 else { return lineCount += count }
        let done = bytes[..<written]
        lineCount += done.count { $0 == UInt8(ascii: "\n") }
        let part = done.count - (done.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0)
        let isCut = part == 0 || Self.takeBack(part)
        let advice = isCut ? "" : "; what stands behind the last line end is part of a line"
        throw KMError(.fileUnwritable, "standard output: \(systemReason(failure))\(advice)")
    }

    /// Takes the last bytes of a file away again; no, where standard output is none.
    private static func takeBack(_ count: Int) -> Bool {
        let end = lseek(STDOUT_FILENO, 0, SEEK_CUR)
        return end >= off_t(count) && ftruncate(STDOUT_FILENO, end - off_t(count)) == 0
    }
}
