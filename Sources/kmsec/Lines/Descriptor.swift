import Glibc
import KMPrimitives

/// A descriptor that is read or written until the end, or until somebody asks to stop.
///
/// It may be one that others left non-blocking. All system calls of a stream of lines are here.
struct Descriptor: Sendable {
    static let standardInput = Descriptor(number: STDIN_FILENO, name: "standard input")
    static let standardOutput = Descriptor(number: STDOUT_FILENO, name: "standard output")

    /// What a pipe takes at once when it takes anything, so that a write does not wait with a stop unheard.
    private static let pipeByteCount = 4096

    let number: Int32
    let name: String

    /// Whether reading would not have to wait.
    var hasMore: Bool {
        var question = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&question, 1, 0) > 0
    }

    /// Reads once.
    ///
    /// - Returns: how many bytes, 0 at the end; nil when asked to stop.
    /// - Throws: ``KMError`` `fileUnreadable`.
    func read(into target: UnsafeMutableRawBufferPointer) throws -> Int? {
        while wait(POLLIN) {
            let got = unsafe Glibc.read(number, target.baseAddress, target.count)
            if got >= 0 { return got }
            guard errno == EINTR || errno == EAGAIN else {
                throw KMError(.fileUnreadable, "\(name): \(systemReason(errno))")
            }
        }
        return nil
    }

    /// Writes all of `source`.
    ///
    /// - Returns: how many bytes were written, and what kept it from the rest: a number of the system's, or 0 when asked to
    ///   stop; nil where there is no rest.
    func write(_ source: Span<UInt8>) -> (count: Int, failure: Int32?) {
        let atOnce = regularFileSize == nil ? Self.pipeByteCount : source.count
        var written = 0
        while written < source.count {
            guard wait(POLLOUT) else { return (written, 0) }
            let put = unsafe source.withUnsafeBytes { bytes in
                let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...].prefix(atOnce))
                return unsafe Glibc.write(number, part.baseAddress, part.count)
            }
            if put >= 0 { written += put } else if errno != EINTR, errno != EAGAIN { return (written, errno) }
        }
        return (written, nil)
    }

    /// Takes the last bytes of a file away again.
    ///
    /// - Returns: false where this is no file, or something stands behind them, which then is not this program's.
    func takeBack(_ count: Int) -> Bool {
        let end = lseek(number, 0, SEEK_CUR)
        guard let size = regularFileSize, end == size, end >= off_t(count) else { return false }
        let start = end - off_t(count)
        return ftruncate(number, start) == 0 && lseek(number, start, SEEK_SET) == start
    }

    private var regularFileSize: off_t? {
        var status = stat()
        guard unsafe fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return status.st_size
    }

    /// Waits until the descriptor can be read or written; false when asked to stop.
    private func wait(_ event: Int32) -> Bool {
        while !Interruption.isAsked {
            var questions: InlineArray<2, pollfd> = [
                pollfd(fd: number, events: Int16(event), revents: 0),
                pollfd(fd: Interruption.wakeDescriptor, events: Int16(POLLIN), revents: 0),
            ]
            var span = questions.mutableSpan
            let ready = unsafe span.withUnsafeMutableBufferPointer { unsafe poll($0.baseAddress, 2, -1) }
            // What poll cannot tell of, reading or writing will.
            if ready < 0, errno != EINTR { return true }
            if ready > 0, questions[0].revents != 0 { return !Interruption.isAsked }
        }
        return false
    }
}
