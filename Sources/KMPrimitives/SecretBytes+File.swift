#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

extension SecretBytes {
    /// Reads a file straight into secret memory: no copy of it stays behind in a buffer of the system library.
    ///
    /// `/dev/fd/N` reads from an open descriptor.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - maximumCount: the most bytes that are taken.
    /// - Throws: ``KMError`` `fileUnreadable` with the path and the system's reason, also for a directory and for a file
    ///   that is too large; `cryptographyUnavailable` when memory is short.
    public init(contentsOfFile path: String, maximumCount: Int = 1 << 20) throws {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unreadable(path, errno) }
        defer { close(descriptor) }
        // One byte more than allowed shows that there is more.
        var count = 0
        let room = try SecretBytes(count: min(max(0, maximumCount), 1 << 30) + 1) { target in
            try unsafe target.withUnsafeMutableBytes { target in
                while count < target.count {
                    guard let start = target.baseAddress else { return }
                    let got = unsafe read(descriptor, start + count, target.count - count)
                    if got == 0 { return }
                    if got > 0 {
                        count += got
                    } else if errno == EAGAIN {
                        // Another program may have left a descriptor non-blocking.
                        var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                        _ = unsafe poll(&question, 1, -1)
                    } else if errno != EINTR {
                        throw Self.unreadable(path, errno)
                    }
                }
            }
        }
        guard count <= maximumCount else {
            throw KMError(.fileUnreadable, "\(path): more than \(maximumCount) bytes")
        }
        self = try room.extracting(0..<count)
    }

    /// Reads an environment variable straight into secret memory, byte for byte.
    ///
    /// The bytes need not be UTF-8. The environment itself keeps its copy for as long as the process runs.
    ///
    /// - Parameter name: The variable's name.
    /// - Throws: ``KMError`` `environmentVariableMissing` when the variable is not set; `cryptographyUnavailable` when
    ///   memory is short.
    public init(contentsOfEnvironmentVariable name: String) throws {
        guard let value = unsafe getenv(name) else {
            throw KMError(.environmentVariableMissing, "the environment variable \(name) is not set")
        }
        let count = unsafe strlen(value)
        try self.init(count: count) { target in
            for index in 0..<count { unsafe target[index] = UInt8(bitPattern: value[index]) }
        }
    }

    /// These bytes without one trailing line end (LF or CRLF), which editors and `echo` leave in a secret's file.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory is short.
    public func withoutTrailingNewline() throws -> SecretBytes {
        let end = withBytes { bytes in
            guard let last = bytes.indices.last, bytes[last] == UInt8(ascii: "\n") else { return bytes.count }
            return last > 0 && bytes[last - 1] == UInt8(ascii: "\r") ? last - 1 : last
        }
        return try extracting(0..<end)
    }

    /// Writes these bytes to a new file that its owner alone can read (mode 0600).
    ///
    /// The file appears whole or not at all.
    ///
    /// - Throws: ``KMError`` `fileExists` rather than replace a file, `fileUnwritable` with the system's reason.
    public func write(toNewFile path: String) throws {
        try withBytes { try writeNewFile($0, path: path, mode: 0o600) }
    }

    private static func unreadable(_ path: String, _ number: Int32) -> KMError {
        KMError(.fileUnreadable, "\(path): \(systemReason(number))")
    }
}

/// Writes a new file that appears whole or not at all.
package func writeNewFile(_ bytes: Span<UInt8>, path: String, mode: UInt16) throws {
    try writeFile(bytes, path: path, mode: mode, replaces: false)
}

/// Writes a file that appears whole or not at all: under another name first, then linked to its own, or, where it
/// `replaces` one that is there, renamed.
package func writeFile(_ bytes: Span<UInt8>, path: String, mode: UInt16, replaces: Bool) throws {
    // A random name, which no earlier process has left behind, and which is short enough beside every name.
    let directory = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? ""
    let temporary = "\(directory).\(hexadecimal(try SecureRandom.bytes(12))).tmp"
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode))
    guard descriptor >= 0 else { throw unwritable(path, errno) }
    defer { unsafe unlink(temporary) }
    var failure: Int32 = 0
    unsafe bytes.withUnsafeBytes { source in
        var written = 0
        while written < source.count, failure == 0, let start = source.baseAddress {
            let put = unsafe write(descriptor, start + written, source.count - written)
            if put > 0 { written += put } else if errno != EINTR { failure = errno }
        }
    }
    if failure == 0, fsync(descriptor) != 0 { failure = errno }
    if close(descriptor) != 0, failure == 0 { failure = errno }
    guard failure == 0 else { throw unwritable(path, failure) }
    guard unsafe (replaces ? rename(temporary, path) : link(temporary, path)) == 0 else {
        if errno == EEXIST { throw KMError(.fileExists, "\(path) exists; no existing file is changed") }
        throw unwritable(path, errno)
    }
}

private func unwritable(_ path: String, _ number: Int32) -> KMError {
    KMError(.fileUnwritable, "\(path): \(systemReason(number))")
}

/// What the system says of an error number.
package func systemReason(_ number: Int32) -> String {
    guard let text = unsafe strerror(number) else { return "error \(number)" }
    return unsafe String(cString: text)
}

extension KMError.Code {
    /// A file cannot be read.
    public static let fileUnreadable = Self("fileUnreadable")
    /// A file cannot be written.
    public static let fileUnwritable = Self("fileUnwritable")
    /// A file that would be made is there already.
    public static let fileExists = Self("fileExists")
    /// An environment variable that should hold a secret is not set.
    public static let environmentVariableMissing = Self("environmentVariableMissing")
}
