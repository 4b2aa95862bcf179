import Glibc
import KMCommandLine
import KMPrimitives
import KMSecurity

/// Visits the file at a path, or all files in a directory and its subdirectories, in the order of their names.
///
/// In a directory, symbolic links are not followed, and devices, pipes and sockets are not opened. The path itself may
/// be any of these.
struct FileTree {
    /// A visited item.
    enum Item {
        case file(Descriptor)
        /// A symbolic link, device, pipe or socket in a directory, which is skipped.
        case passedOver
        case unreadable(KMError)
    }

    /// A directory whose entries are being visited.
    private struct Level {
        let path: [UInt8]
        let names: NameList
        var next = 0
    }

    /// Calls `body` with each item.
    ///
    /// - Parameters:
    ///   - path: The path of a file or directory, or `-` for standard input.
    ///   - body: The function to call. A file is open until it returns.
    /// - Throws: The errors of `body`.
    static func visit(_ path: String, _ body: (Item) throws -> Void) throws {
        if path == "-" { return try body(.file(.standardInput)) }
        var levels: [Level] = []
        try visit(Array(path.utf8), isArgument: true, &levels, body)
        while let level = levels.last {
            guard level.next < level.names.count else {
                levels.removeLast()
                continue
            }
            levels[levels.count - 1].next += 1
            let slash = level.path.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
            try visit(level.path + slash + level.names[level.next], isArgument: false, &levels, body)
        }
    }

    /// Visits one item; a directory is appended to `levels`, to be visited later.
    private static func visit(
        _ path: [UInt8],
        isArgument: Bool,
        _ levels: inout [Level],
        _ body: (Item) throws -> Void
    ) throws {
        let name = String(decoding: path, as: UTF8.self)
        let bytes = path.map { CChar(bitPattern: $0) } + [0]
        func failure() -> KMError { KMError(.fileUnreadable, "\(name): \(systemReason(errno))") }
        var status = stat()
        if !isArgument {
            guard unsafe lstat(bytes, &status) == 0 else { return try body(.unreadable(failure())) }
            guard status.isFile || status.isDirectory else { return try body(.passedOver) }
        }
        // The item may have changed since the check: do not follow a link, and do not wait for a pipe.
        let flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | (isArgument ? 0 : O_NOFOLLOW | O_NONBLOCK)
        let number = unsafe open(bytes, flags)
        guard number >= 0 else { return try body(.unreadable(failure())) }
        defer { close(number) }
        guard unsafe fstat(number, &status) == 0 else { return try body(.unreadable(failure())) }
        if status.isDirectory {
            guard let names = NameList(ofDirectory: number) else { return try body(.unreadable(failure())) }
            levels.append(Level(path: path, names: names))
        } else if isArgument || status.isFile {
            try body(.file(Descriptor(number: number, name: name)))
        } else {
            try body(.passedOver)
        }
    }
}

extension stat {
    fileprivate var isFile: Bool { st_mode & S_IFMT == S_IFREG }
    fileprivate var isDirectory: Bool { st_mode & S_IFMT == S_IFDIR }
}

/// The names in a directory, sorted by their bytes.
///
/// All names are stored in one array, because a directory may have a million of them.
private struct NameList {
    private var bytes: [UInt8] = []
    private var ranges: [(start: UInt32, count: UInt16)] = []

    /// Reads a directory; on failure the result is nil and `errno` has the reason.
    init?(ofDirectory number: Int32) {
        let own = dup(number)
        guard own >= 0, let directory = unsafe fdopendir(own) else {
            if own >= 0 { close(own) }
            return nil
        }
        defer { unsafe closedir(directory) }
        guard let offset = MemoryLayout<dirent>.offset(of: \dirent.d_name) else { return nil }
        errno = 0
        while let entry = unsafe readdir(directory) {
            let name = unsafe UnsafeRawPointer(entry) + offset
            let count = unsafe strlen(name.assumingMemoryBound(to: CChar.self))
            let start = bytes.count
            guard let first = UInt32(exactly: start), let size = UInt16(exactly: count) else {
                errno = ENOMEM
                return nil
            }
            unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(start: name, count: count))
            if bytes[start...].elementsEqual(".".utf8) || bytes[start...].elementsEqual("..".utf8) {
                bytes.removeSubrange(start...)
            } else {
                ranges.append((first, size))
            }
            errno = 0
        }
        guard errno == 0 else { return nil }
        let bytes = bytes
        func slice(_ range: (start: UInt32, count: UInt16)) -> ArraySlice<UInt8> {
            bytes[Int(range.start)...].prefix(Int(range.count))
        }
        ranges.sort { slice($0).lexicographicallyPrecedes(slice($1)) }
    }

    var count: Int { ranges.count }

    subscript(index: Int) -> ArraySlice<UInt8> {
        bytes[Int(ranges[index].start)...].prefix(Int(ranges[index].count))
    }
}
