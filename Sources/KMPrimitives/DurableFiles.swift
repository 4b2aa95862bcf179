#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// A lock that processes on one machine take in turn, by `flock` on a file of its own.
///
/// The system releases it when the process ends, however it ends. The file stays, unless ``removeIfNew()`` removes it.
package final class FileLock: Sendable {
    private let path: String
    private let descriptor: Int32
    /// Whether the lock's file did not exist before.
    private let isNew: Bool

    /// Takes the lock.
    ///
    /// - Parameters:
    ///   - path: The path of the lock's file, which is created if it does not exist.
    ///   - waits: Whether to wait for another process that has the lock.
    /// - Throws: ``KMError`` `fileUnwritable`; `fileLocked` if another process has the lock and `waits` is false.
    package init(path: String, waits: Bool = true) throws {
        self.path = path
        var (found, isNew): (Int32?, Bool) = (nil, false)
        while found == nil { (found, isNew) = try Self.take(path, waits) }
        (descriptor, self.isNew) = (found ?? -1, isNew)
    }

    /// Takes the lock once.
    ///
    /// - Returns: The descriptor, and whether the file is new. The descriptor is nil if another process removed the file
    ///   in the meantime, because the lock of a removed file excludes nobody.
    private static func take(_ path: String, _ waits: Bool) throws -> (Int32?, Bool) {
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
        var descriptor = unsafe open(path, flags | O_EXCL, 0o600)
        let isNew = descriptor >= 0
        if !isNew, errno == EEXIST { descriptor = unsafe open(path, flags, 0o600) }
        guard descriptor >= 0 else { throw unwritable(path, errno) }
        while flock(descriptor, waits ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
            let number = errno
            guard number == EINTR else {
                close(descriptor)
                throw number == EWOULDBLOCK
                    ? KMError(.fileLocked, "another process has locked \(path)") : unwritable(path, number)
            }
        }
        var (locked, named) = (stat(), stat())
        guard unsafe fstat(descriptor, &locked) == 0, unsafe stat(path, &named) == 0,
            locked.st_dev == named.st_dev, locked.st_ino == named.st_ino
        else {
            close(descriptor)
            return (nil, false)
        }
        return (descriptor, isNew)
    }

    /// Removes the lock's file if this lock created it; a process that waits for it takes the next one.
    package func removeIfNew() {
        if isNew { unsafe unlink(path) }
    }

    deinit { close(descriptor) }
}

/// What distinguishes a version of a file from the one before, without reading it.
package struct FileIdentity: Sendable, Hashable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let seconds: Int64
    private let nanoseconds: Int64

    /// Asks the system; nil if there is no such file.
    package init?(path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        device = UInt64(truncatingIfNeeded: status.st_dev)
        (inode, size) = (UInt64(status.st_ino), Int64(status.st_size))
        #if canImport(Darwin)
        let time = status.st_mtimespec
        #else
        let time = status.st_mtim
        #endif
        (seconds, nanoseconds) = (Int64(time.tv_sec), Int64(time.tv_nsec))
    }
}

/// Returns whether a path leads to a regular file, which can be read without waiting.
package func isRegularFile(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}

/// Removes a file, if it exists.
package func removeFile(_ path: String) { unsafe unlink(path) }

/// Shortens a file to a number of bytes and appends others, and returns when they are on the disk.
///
/// The file is created with mode 0600 if it does not exist.
///
/// - Throws: ``KMError`` `fileUnwritable`, also when the file is shorter than `count`.
package func append(_ bytes: Span<UInt8>, toFile path: String, after count: Int) throws {
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw unwritable(path, errno) }
    defer { close(descriptor) }
    guard lseek(descriptor, 0, SEEK_END) >= count else { throw unwritable(path, EINVAL) }
    guard ftruncate(descriptor, off_t(count)) == 0, lseek(descriptor, off_t(count), SEEK_SET) == count else {
        throw unwritable(path, errno)
    }
    let failure = writeAll(bytes, to: descriptor)
    guard failure == 0 else { throw unwritable(path, failure) }
    guard fsync(descriptor) == 0 else { throw unwritable(path, errno) }
    try synchronizeDirectory(of: path)
}

/// Writes all bytes to a descriptor.
///
/// - Returns: The number of the system's error; 0 for success.
func writeAll(_ bytes: Span<UInt8>, to descriptor: Int32) -> Int32 {
    unsafe bytes.withUnsafeBytes { source in
        var written = 0
        while written < source.count, let start = source.baseAddress {
            let put = unsafe write(descriptor, start + written, source.count - written)
            if put > 0 { written += put } else if errno != EINTR { return errno }
        }
        return 0
    }
}

/// Returns when the names in the directory of a file are on the disk.
///
/// - Throws: ``KMError`` `fileUnwritable`.
func synchronizeDirectory(of path: String) throws {
    let directory = directory(of: path)
    let descriptor = unsafe open(directory.isEmpty ? "." : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unwritable(path, errno) }
    defer { close(descriptor) }
    // Some file systems cannot synchronize a directory; they say so with EINVAL.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw unwritable(path, errno) }
}

/// Returns a path's directory with its slash; empty for a name alone.
package func directory(of path: String) -> String {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? ""
}

extension KMError.Code {
    /// Another process has locked a file.
    public static let fileLocked = Self("fileLocked")
}
