internal import Glibc
internal import KMPrimitives

/// A file descriptor with complete reads and writes, whether it is blocking or not.
///
/// The tool reads and writes all its streams through this type. Another program may have left a descriptor
/// non-blocking, and a single `write` may write only a part of the bytes.
package struct Descriptor: Sendable {
    package static let standardInput = Descriptor(number: STDIN_FILENO, name: "standard input")
    package static let standardOutput = Descriptor(number: STDOUT_FILENO, name: "standard output")
    package static let standardError = Descriptor(number: STDERR_FILENO, name: "standard error", heedsStop: false)

    /// The number of bytes to write to a pipe at once.
    ///
    /// A pipe that is ready for writing has at least this much room, so the write does not block, and a request to stop
    /// is noticed.
    private static let pipeByteCount = 4096

    package let number: Int32
    /// The name in messages.
    package let name: String
    /// Whether a request to stop ends reading and writing.
    ///
    /// False for standard error, since messages must still be written after such a request.
    package var heedsStop = true

    /// Creates a descriptor from an open one.
    ///
    /// - Parameters:
    ///   - number: The number.
    ///   - name: The name in messages.
    ///   - heedsStop: Whether a request to stop ends reading and writing.
    package init(number: Int32, name: String, heedsStop: Bool = true) {
        (self.number, self.name, self.heedsStop) = (number, name, heedsStop)
    }

    /// Opens `/dev/null` on each of the descriptors 0, 1 and 2 that is closed.
    ///
    /// Otherwise the next opened file would become standard input or output. Standard input is opened only for writing,
    /// and the others only for reading, so that their use fails as on a closed descriptor.
    package static func reserveStandard() {
        for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
            guard fcntl(number, F_GETFD) < 0, errno == EBADF else { continue }
            // `open` returns the lowest free number, and all lower ones are open by now.
            guard unsafe open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY) == number else { abort() }
        }
    }

    /// Returns the open descriptor that a path names: `/dev/stdout`, `/dev/stderr`, `/dev/fd/N` or `/proc/self/fd/N`.
    package static func named(_ path: String) -> Descriptor? {
        switch path {
        case "/dev/stdout": return standardOutput
        case "/dev/stderr": return standardError
        default:
            guard let prefix = ["/dev/fd/", "/proc/self/fd/"].first(where: path.hasPrefix),
                let number = Int32(path.dropFirst(prefix.count)), number >= 0
            else { return nil }
            return Descriptor(number: number, name: path)
        }
    }

    /// Opens an existing file for reading or for writing.
    ///
    /// - Throws: ``KMError`` `fileUnreadable` or `fileUnwritable`.
    package static func opening(_ path: String, toWrite: Bool = false) throws -> Descriptor {
        let number = unsafe open(path, (toWrite ? O_WRONLY : O_RDONLY) | O_CLOEXEC)
        guard number >= 0 else {
            throw KMError(toWrite ? .fileUnwritable : .fileUnreadable, "\(path): \(systemReason(errno))")
        }
        return Descriptor(number: number, name: path)
    }

    /// Creates a new file with mode 0600 and opens it for writing.
    ///
    /// - Throws: ``KMError`` `fileExists` or `fileUnwritable`.
    package static func making(_ path: String) throws -> Descriptor {
        let number = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard number >= 0 else {
            guard errno != EEXIST else { throw KMError(.fileExists, "\(path) exists; no existing file is changed") }
            throw KMError(.fileUnwritable, "\(path): \(systemReason(errno))")
        }
        return Descriptor(number: number, name: path)
    }

    /// Waits until all written bytes are on disk.
    ///
    /// - Throws: ``KMError`` `fileUnwritable`.
    package func synchronize() throws {
        guard fsync(number) == 0 else { throw KMError(.fileUnwritable, "\(name): \(systemReason(errno))") }
    }

    package func close() {
        _ = Glibc.close(number)
    }

    /// Whether a read would return without waiting.
    package var hasMore: Bool {
        var question = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&question, 1, 0) > 0
    }

    /// Reads once.
    ///
    /// - Parameter target: The memory to read into.
    /// - Returns: The number of bytes read, 0 at the end, or nil after a request to stop.
    /// - Throws: ``KMError`` `fileUnreadable`.
    package func read(into target: UnsafeMutableRawBufferPointer) throws -> Int? {
        while wait(POLLIN) {
            let got = unsafe Glibc.read(number, target.baseAddress, target.count)
            if got >= 0 { return got }
            guard errno == EINTR || errno == EAGAIN else {
                throw KMError(.fileUnreadable, "\(name): \(systemReason(errno))")
            }
        }
        return nil
    }

    /// Reads to the end and calls `body` with each part.
    ///
    /// - Parameters:
    ///   - byteCount: The largest size of a part, in bytes.
    ///   - body: The function to call. The part is valid only during the call.
    /// - Throws: ``KMError`` `fileUnreadable`, and the errors of `body`.
    package func readParts(byteCount: Int = 1 << 16, _ body: (Span<UInt8>) throws -> Void) throws {
        // The input may contain card numbers, so it is read into memory that is erased.
        _ = try SecretBytes(count: byteCount) { part in
            while true {
                let got = try unsafe part.withUnsafeMutableBytes { try unsafe read(into: $0) ?? 0 }
                guard got > 0 else { return }
                try body(part.span.extracting(..<got))
            }
        }
    }

    /// Writes all of `source`.
    ///
    /// - Parameter source: The bytes.
    /// - Returns: The number of bytes written, and the reason if some were not: an `errno` value, or 0 after a request
    ///   to stop. The reason is nil if everything was written.
    package func write(_ source: Span<UInt8>) -> (count: Int, failure: Int32?) {
        let atOnce = regularFileSize == nil ? Self.pipeByteCount : source.count
        var written = 0
        while written < source.count {
            guard wait(POLLOUT) else { return (written, 0) }
            let put = unsafe source.extracting(written..<min(source.count, written + atOnce)).withUnsafeBytes {
                unsafe Glibc.write(number, $0.baseAddress, $0.count)
            }
            if put >= 0 { written += put } else if errno != EINTR, errno != EAGAIN { return (written, errno) }
        }
        return (written, nil)
    }

    /// Removes the bytes that were written last to a file.
    ///
    /// - Parameter count: The number of bytes to remove.
    /// - Returns: False if this is not a regular file, or if other programs have written more bytes after these.
    package func takeBack(_ count: Int) -> Bool {
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

    /// Waits until the descriptor can be read or written.
    ///
    /// - Parameter event: `POLLIN` or `POLLOUT`.
    /// - Returns: False after a request to stop.
    private func wait(_ event: Int32) -> Bool {
        while !(heedsStop && Interruption.isAsked) {
            var questions: InlineArray<2, pollfd> = [
                pollfd(fd: number, events: Int16(event), revents: 0),
                pollfd(fd: heedsStop ? Interruption.wakeDescriptor : -1, events: Int16(POLLIN), revents: 0),
            ]
            var span = questions.mutableSpan
            let ready = unsafe span.withUnsafeMutableBufferPointer { unsafe poll($0.baseAddress, 2, -1) }
            // If poll fails, the read or write itself reports the reason.
            if ready < 0, errno != EINTR { return true }
            if ready > 0, questions[0].revents != 0 { return !(heedsStop && Interruption.isAsked) }
        }
        return false
    }
}
