internal import KMPrimitives

/// The lines of a part of a text: how many there are, and which of them begin with an object or array.
struct LineSurvey: Sendable {
    /// The number of bytes in a block, whose newlines are counted together.
    private static let blockByteCount = 1024

    /// The number of newlines before each complete block, and after these the number before the rest.
    private var counts: [Int] = [0]
    /// The newlines after which, behind white space in the same line, an opening brace or bracket follows, in order.
    private var roots: [Int] = []

    /// Surveys the lines of a part.
    init(_ part: Span<UInt8>) {
        var end = Self.blockByteCount
        while end <= part.count {
            counts.append(counts[counts.count - 1] + part.newlineCount(in: end - Self.blockByteCount..<end))
            end += Self.blockByteCount
        }
        part.forEachNewlineBeforeRoot { newline in
            var at = newline + 1
            while at < part.count, part[at].isBlank, part[at] != UInt8(ascii: "\n") { at += 1 }
            if at < part.count, part[at] | 0x20 == UInt8(ascii: "{") { roots.append(newline) }
        }
    }

    /// Returns the number of newlines in `range` of the part, which begins at `start` in `text`.
    func newlineCount(in range: Range<Int>, _ text: Span<UInt8>, partAt start: Int) -> Int {
        let first = (range.lowerBound + Self.blockByteCount - 1) / Self.blockByteCount
        let last = min(range.upperBound / Self.blockByteCount, counts.count - 1)
        func count(_ lower: Int, _ upper: Int) -> Int { text.newlineCount(in: lower + start..<upper + start) }
        guard first < last else { return count(range.lowerBound, range.upperBound) }
        return count(range.lowerBound, first * Self.blockByteCount) + counts[last] - counts[first]
            + count(last * Self.blockByteCount, range.upperBound)
    }

    /// Returns the first newline from `position` on after which an object or array begins, or nil.
    func firstRoot(from position: Int) -> Int? {
        let index = roots.firstIndex(from: position)
        return index < roots.count ? roots[index] : nil
    }
}

extension [Int] {
    /// Returns the index of the first of these ascending numbers that is at least `number`, or the end.
    func firstIndex(from number: Int) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
