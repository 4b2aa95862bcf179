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

    private let descriptor: Descriptor
    private let batchByteCount: Int
    /// What was read behind the last whole line.
    private var rest: (bytes: SecretBytes, range: Range<Int>)?
    private var isAtEnd = false
    private var isStopped = false

    init(_ descriptor: Descriptor, batchByteCount: Int = 1 << 18) {
        self.descriptor = descriptor
        self.batchByteCount = batchByteCount
    }

    /// The next batch; nil at the end, and when asked to stop: then what was read of a line is not taken for one.
    ///
    /// - Throws: ``KMError`` `fileUnreadable`.
    mutating func next() throws -> Batch? {
        var room = max(batchByteCount, 2 * (rest?.range.count ?? 0))
        while true {
            let (bytes, filled) = try fill(min(room, Self.maximumLineByteCount + 1))
            let end = bytes.withBytes { bytes in
                (0..<filled).last { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
            }
            if isStopped {
                rest = nil
                return end.map { Batch(bytes: bytes, count: $0) }
            }
            if isAtEnd {
                rest = nil
                return filled > 0 ? Batch(bytes: bytes, count: filled) : nil
            }
            rest = end == filled ? nil : (bytes, (end ?? 0)..<filled)
            if let end { return Batch(bytes: bytes, count: end) }
            guard filled <= Self.maximumLineByteCount else { return try skipLine() }
            room *= 2
        }
    }

    /// Memory of `room` bytes that begins with the rest, and is filled until there is a line and no more to be had at once.
    private mutating func fill(_ room: Int) throws -> (SecretBytes, Int) {
        let kept = rest
        var filled = kept?.range.count ?? 0
        var (reachedEnd, wasStopped) = (isAtEnd, isStopped)
        var hasLine = false
        let descriptor = descriptor
        let bytes = try SecretBytes(count: room) { target in
            try unsafe target.withUnsafeMutableBytes { target in
                if let (bytes, range) = kept {
                    bytes.withBytes { for index in range { unsafe target[index - range.lowerBound] = $0[index] } }
                }
                while filled < room, !reachedEnd, !wasStopped, !(hasLine && !descriptor.hasMore) {
                    let part = unsafe UnsafeMutableRawBufferPointer(rebasing: target[filled...])
                    guard let got = try unsafe descriptor.read(into: part) else {
                        wasStopped = true
                        break
                    }
                    reachedEnd = got == 0
                    hasLine = unsafe hasLine || part[..<got].contains(UInt8(ascii: "\n"))
                    filled += got
                }
            }
        }
        isStopped = wasStopped
        isAtEnd = reachedEnd
        return (bytes, filled)
    }

    /// Passes over a line of which `maximumLineByteCount` bytes are read, up to its end.
    private mutating func skipLine() throws -> Batch? {
        rest = nil
        while !isAtEnd, !isStopped {
            let (bytes, filled) = try fill(batchByteCount)
            let end = bytes.withBytes { bytes in (0..<filled).first { bytes[$0] == UInt8(ascii: "\n") } }
            if let end {
                rest = end + 1 == filled ? nil : (bytes, end + 1..<filled)
                break
            }
        }
        return isStopped ? nil : Batch(bytes: try SecretBytes(copying: []), count: 0, isOverlong: true)
    }

    /// Whether the next batch could be had without waiting.
    var hasMore: Bool { descriptor.hasMore }
}
