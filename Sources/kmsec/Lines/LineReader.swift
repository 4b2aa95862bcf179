import KMCommandLine
import KMPrimitives
import KMSecurity

/// Reads a descriptor in batches of whole lines.
///
/// The lines may hold card numbers, so they stay in memory that is erased.
struct LineReader {
    /// A batch of whole lines.
    struct Batch: Sendable {
        let bytes: SecretBytes
        /// The number of bytes in use, from the first.
        ///
        /// Only the last line of the input may lack its line end.
        let count: Int
        /// Whether the batch represents one line that is too long, whose bytes are not kept.
        var isOverlong = false

        /// The number of lines.
        var lineCount: Int {
            if isOverlong { return 1 }
            return bytes.withBytes { bytes in
                var lines = 0
                for index in 0..<count where bytes[index] == UInt8(ascii: "\n") { lines += 1 }
                return count > 0 && bytes[count - 1] != UInt8(ascii: "\n") ? lines + 1 : lines
            }
        }

        /// Calls `body` with each line, without its line end.
        ///
        /// - Parameters:
        ///   - skipped: The number of lines to skip at the beginning.
        ///   - body: Receives the line.
        /// - Throws: What `body` throws.
        func forEachLine(after skipped: Int = 0, _ body: (Span<UInt8>) throws -> Void) rethrows {
            try bytes.withBytes { bytes in
                var (start, line) = (0, 0)
                while start < count {
                    var end = start
                    while end < count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
                    if line >= skipped { try body(bytes.extracting(start..<end)) }
                    line += 1
                    start = end + 1
                }
            }
        }
    }

    /// The largest accepted line, in bytes: the size limit of a body.
    static let maximumLineByteCount = ParameterLimits.standard.maximumBodyByteCount

    /// The error of a line that is too long.
    static var overlongLine: KMError {
        KMError(.limitExceeded, "the line must have at most \(maximumLineByteCount) bytes; it has more")
    }

    private let descriptor: Descriptor
    private let batchByteCount: Int
    /// The bytes that were read after the last whole line.
    private var rest: (bytes: SecretBytes, range: Range<Int>)?
    private var isAtEnd = false
    private var isStopped = false

    init(_ descriptor: Descriptor, batchByteCount: Int = 1 << 18) {
        self.descriptor = descriptor
        self.batchByteCount = batchByteCount
    }

    /// Reads the next batch.
    ///
    /// After a request to stop, an incomplete line is dropped.
    ///
    /// - Returns: The batch, or nil at the end or after a request to stop.
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

    /// Fills new memory with the rest and with further input.
    ///
    /// It reads until the memory is full, or until there is a whole line and no more input without waiting.
    ///
    /// - Parameter room: The size of the memory, in bytes.
    /// - Returns: The memory and the number of bytes in use.
    /// - Throws: ``KMError`` `fileUnreadable`.
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

    /// Skips the rest of a line that is too long.
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

    /// Whether more input is available without waiting.
    var hasMore: Bool { descriptor.hasMore }
}
