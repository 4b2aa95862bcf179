#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

extension SecretBytes {
    /// Reads a file straight into secret memory, so that no copy stays in a buffer of the system library.
    ///
    /// The path `/dev/fd/N` reads from the open file descriptor N.
    ///
    /// - Parameters:
    ///   - path: The path of the file.
    ///   - maximumCount: The largest accepted size in bytes, 1 MiB by default, and never more than 1 GiB.
    /// - Throws: ``KMError`` `fileUnreadable`, with the path and the reason, when the file cannot be read, is a
    ///   directory or is too large; `cryptographyUnavailable` when memory runs out.
    public init(contentsOfFile path: String, maximumCount: Int = 1 << 20) throws {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unreadable(path, errno) }
        defer { close(descriptor) }
        // Room for one byte more than the maximum shows whether the file is too large.
        var count = 0
        var limit = min(max(0, maximumCount), 1 << 30)
        // A regular file tells its size, so that a small one needs little memory; files of /proc say 0.
        var status = stat()
        if unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 {
            let size = Int(status.st_size)
            guard size <= limit else { throw Self.tooLarge(path, limit) }
            limit = size
        }
        let room = try SecretBytes(count: limit + 1) { target in
            try unsafe target.withUnsafeMutableBytes { target in
                while count < target.count {
                    guard let start = target.baseAddress else { return }
                    let got = unsafe read(descriptor, start + count, target.count - count)
                    if got == 0 { return }
                    if got > 0 {
                        count += got
                    } else if errno == EAGAIN {
                        // Another program may have made the descriptor non-blocking.
                        var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                        _ = unsafe poll(&question, 1, -1)
                    } else if errno != EINTR {
                        throw Self.unreadable(path, errno)
                    }
                }
            }
        }
        guard count <= limit else { throw Self.tooLarge(path, limit) }
        self = try room.extracting(0..<count)
    }

    /// Reads a key from a file that contains its bytes as they are.
    ///
    /// If the content is ASCII text, one line ending at the end is not part of the key. Otherwise every byte is: one in
    /// 256 random keys ends in the byte of a line ending.
    ///
    /// - Parameter path: The path of the file.
    /// - Throws: ``KMError`` `fileUnreadable` if the file cannot be read, or `cryptographyUnavailable` if memory runs
    ///   out.
    package init(contentsOfKeyFile path: String) throws {
        let content = try SecretBytes(contentsOfFile: path)
        let isText = content.withBytes { bytes in
            bytes.indices.allSatisfy { (0x20..<0x7F).contains(bytes[$0]) || bytes[$0] == 10 || bytes[$0] == 13 }
        }
        self = isText ? try content.withoutTrailingNewline() : content
    }

    /// Whether all bytes are hexadecimal digits.
    package var isHexadecimal: Bool {
        withBytes { bytes in bytes.indices.allSatisfy { bytes[$0].isHexadecimal } }
    }

    /// Reads an environment variable straight into secret memory, byte for byte.
    ///
    /// The bytes can be in any encoding, not only UTF-8. The environment keeps its own copy until the process ends.
    ///
    /// - Parameter name: The name of the variable.
    /// - Throws: ``KMError`` `environmentVariableMissing` when the variable is not set; `cryptographyUnavailable` when
    ///   memory runs out.
    public init(contentsOfEnvironmentVariable name: String) throws {
        guard let value = unsafe getenv(name) else {
            throw KMError(.environmentVariableMissing, "the environment variable \(name) is not set")
        }
        let count = unsafe strlen(value)
        try self.init(count: count) { target in
            for index in 0..<count { unsafe target[index] = UInt8(bitPattern: value[index]) }
        }
    }

    /// Returns these bytes without one trailing line end (LF or CRLF).
    ///
    /// Editors and `echo` often add a line end to a file that holds a secret.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory runs out.
    public func withoutTrailingNewline() throws -> SecretBytes {
        let end = withBytes { bytes in
            guard let last = bytes.indices.last, bytes[last] == UInt8(ascii: "\n") else { return bytes.count }
            return last > 0 && bytes[last - 1] == UInt8(ascii: "\r") ? last - 1 : last
        }
        return try extracting(0..<end)
    }

    /// Writes these bytes to a new file that only its owner can read (mode 0600).
    ///
    /// The file is written completely or not at all.
    ///
    /// - Parameter path: The path of the new file.
    /// - Throws: ``KMError`` `fileExists` when the file already exists; `fileUnwritable`, with the system's reason,
    ///   when it cannot be written.
    public func write(toNewFile path: String) throws {
        try withBytes { try writeNewFile($0, path: path, mode: 0o600) }
    }

    private static func tooLarge(_ path: String, _ limit: Int) -> KMError {
        KMError(.fileUnreadable, "\(path): the file must be at most \(limit) bytes; it is larger, or grew meanwhile")
    }

    private static func unreadable(_ path: String, _ number: Int32) -> KMError {
        KMError(.fileUnreadable, "\(path): \(systemReason(number))")
    }
}

/// Writes a new file completely or not at all.
///
/// - Throws: ``KMError`` `fileExists` when the file already exists; `fileUnwritable` when it cannot be written.
package func writeNewFile(_ bytes: Span<UInt8>, path: String, mode: UInt16) throws {
    try writeFile(bytes, path: path, mode: mode, replaces: false)
}

/// Writes a file completely or not at all, either as a new file or in place of an existing one.
///
/// The bytes first go to a temporary file in the same directory. When `replaces` is true, that file is renamed to
/// `path` and replaces an existing file. When it is false, that file is linked to `path`, which fails if `path` exists.
///
/// - Throws: ``KMError`` `fileExists` when `replaces` is false and the file exists; `fileUnwritable` when the file
///   cannot be written; `cryptographyUnavailable` when there are no random bytes for the temporary name.
package func writeFile(_ bytes: Span<UInt8>, path: String, mode: UInt16, replaces: Bool) throws {
    // The name is random, so that no file left behind by another process has it. It is short, so that it is valid for
    // a target name of any length.
    let temporary = "\(directory(of: path)).\(hexadecimal(try SecureRandom.bytes(12))).tmp"
    try writeFile(bytes, path: path, mode: mode, replaces: replaces, temporary: temporary, O_EXCL)
}

/// Replaces a file completely or not at all, by way of `path` with the suffix `.new`.
///
/// Only the holder of a lock may do so. A file of that name, which a killed process left behind, is removed first, so that
/// its mode is not that of the new file.
///
/// - Throws: ``KMError`` `fileUnwritable`.
package func replaceFile(_ bytes: Span<UInt8>, path: String, mode: UInt16) throws {
    let temporary = "\(path).new"
    removeFile(temporary)
    try writeFile(bytes, path: path, mode: mode, replaces: true, temporary: temporary, O_EXCL)
}

private func writeFile(
    _ bytes: Span<UInt8>,
    path: String,
    mode: UInt16,
    replaces: Bool,
    temporary: String,
    _ flags: Int32
) throws {
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode_t(mode))
    guard descriptor >= 0 else { throw unwritable(path, errno) }
    defer { unsafe unlink(temporary) }
    var failure = writeAll(bytes, to: descriptor)
    if failure == 0, fsync(descriptor) != 0 { failure = errno }
    if close(descriptor) != 0, failure == 0 { failure = errno }
    guard failure == 0 else { throw unwritable(path, failure) }
    guard unsafe (replaces ? rename(temporary, path) : link(temporary, path)) == 0 else {
        if errno == EEXIST { throw KMError(.fileExists, "\(path) exists; no existing file is changed") }
        throw unwritable(path, errno)
    }
    try synchronizeDirectory(of: path)
}

func unwritable(_ path: String, _ number: Int32) -> KMError {
    KMError(.fileUnwritable, "\(path): \(systemReason(number))")
}

/// Returns the system's description of an error number.
package func systemReason(_ number: Int32) -> String {
    guard let text = unsafe strerror(number) else { return "error \(number)" }
    return unsafe String(cString: text)
}

extension KMError.Code {
    /// A file cannot be read, or is too large.
    public static let fileUnreadable = Self("fileUnreadable")
    /// A file cannot be written.
    public static let fileUnwritable = Self("fileUnwritable")
    /// The file to create already exists.
    public static let fileExists = Self("fileExists")
    /// The environment variable that should hold a secret is not set.
    public static let environmentVariableMissing = Self("environmentVariableMissing")
}
