import Glibc
import KMPrimitives
import KMSecurity

/// Lines of a descriptor, in batches of whole ones, in memory that is cleansed: they may hold card numbers.
struct LineReader {
    /// Some whole lines.
    struct Batch: Sendable {
        let bytes: SecretBytes
        /// The lines are the first so many of the bytes; a line end is missing behind the last line of all alone.
        let count: Int
        /// Whether this is one line that was longer than is taken, of which nothing is kept.
        var isOverlong = false

        /// How many lines there are.
        var lineCount: Int {
            if isOverlong { return 1 }
            return bytes.withBytes { bytes in
                var lines = 0
                for index in 0..<count where bytes[index] == UInt8(ascii: "\n") { lines += 1 }
                return count > 0 && bytes[count - 1] != UInt8(ascii: "\n") ? lines + 1 : lines
            }
        }
    }

    /// The longest line that is taken, in bytes: as long as a body may be.
    static let maximumLineByteCount = ParameterLimits.standard.maximumBodyByteCount

    private let descriptor: Int32
    private let batchByteCount: Int
    /// What was read behind the last whole line.
    private var rest: (bytes: SecretBytes, range: Range<Int>)?
    private var isAtEnd = false

    init(_ descriptor: Int32, batchByteCount: Int = 1 << 18) {
        self.descriptor = descriptor
        self.batchByteCount = batchByteCount
    }

    /// The next batch; nil at the end.
    ///
    /// - Throws: ``KMError`` `fileUnreadable`.
    mutating func next() throws -> Batch? {
        var room = max(batchByteCount, 2 * (rest?.range.count ?? 0))
        while true {
            let (bytes, filled) = try fill(min(room, Self.maximumLineByteCount + 1))
            let end = bytes.withBytes { bytes in
                (0..<filled).last { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
            }
            if isAtEnd {
                rest = nil
                return filled > 0 ? Batch(bytes: bytes, count: filled) : nil
            }
            rest = (bytes, (end ?? 0)..<filled)
            if let end { return Batch(bytes: bytes, count: end) }
            guard filled <= Self.maximumLineByteCount else { return try skipLine() }
            room *= 2
        }
    }

    /// Memory of `room` bytes that begins with the rest, and is filled until there is a line and no more to be had at once.
    private mutating func fill(_ room: Int) throws -> (SecretBytes, Int) {
        let kept = rest
        var filled = kept?.range.count ?? 0
        var reachedEnd = isAtEnd
        var hasLine = false
        let (descriptor, wasAtEnd) = (descriptor, isAtEnd)
        let bytes = try SecretBytes(count: room) { target in
            try unsafe target.withUnsafeMutableBytes { target in
                if let (bytes, range) = kept {
                    bytes.withBytes { for index in range { unsafe target[index - range.lowerBound] = $0[index] } }
                }
                while filled < room, !wasAtEnd, !(hasLine && !Self.hasMore(descriptor)) {
                    let part = unsafe UnsafeMutableRawBufferPointer(rebasing: target[filled...])
                    let got = try unsafe Self.read(descriptor, into: part)
                    reachedEnd = got == 0
                    if reachedEnd { break }
                    hasLine = unsafe hasLine || part[..<got].contains(UInt8(ascii: "\n"))
                    filled += got
                }
            }
        }
        isAtEnd = reachedEnd
        return (bytes, filled)
    }

    /// Passes over a line of which `maximumLineByteCount` bytes are read, up to its end.
    private mutating func skipLine() throws -> Batch {
        rest = nil
        while !isAtEnd {
            let (bytes, filled) = try fill(batchByteCount)
            let end = bytes.withBytes { bytes in (0..<filled).first { bytes[$0] == UInt8(ascii: "\n") } }
            if let end {
                rest = (bytes, end + 1..<filled)
                break
            }
        }
        return Batch(bytes: try SecretBytes(copying: []), count: 0, isOverlong: true)
    }

    /// Whether the next batch could be had without waiting.
    var hasMore: Bool { Self.hasMore(descriptor) }

    /// Whether reading would not have to wait.
    private static func hasMore(_ descriptor: Int32) -> Bool {
        var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&question, 1, 0) > 0
    }

    /// Reads once; 0 at the end, and where a signal asks to stop.
    private static func read(_ descriptor: Int32, into target: UnsafeMutableRawBufferPointer) throws -> Int {
        while !Interruption.isAsked {
            let got = unsafe Glibc.read(descriptor, target.baseAddress, target.count)
            if got >= 0 { return got }
            guard errno == EINTR else { throw KMError(.fileUnreadable, "standard input: \(systemReason(errno))") }
        }
        return 0
    }
}
