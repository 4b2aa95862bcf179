internal import KMPrimitives

/// Searches that look at eight bytes at a time.
extension Span where Element == UInt8 {
    /// Returns the position of the first newline from `start` on, or `end`.
    func firstNewline(from start: Int, before end: Int) -> Int {
        var at = start
        while at &+ 8 <= end {
            let found = newlines(at: at)
            if found != 0 { return at &+ (found.leadingZeroBitCount >> 3) }
            at &+= 8
        }
        while at < end, self[at] != UInt8(ascii: "\n") { at &+= 1 }
        return at
    }

    /// Returns the number of newlines in a part.
    func newlineCount(in part: Range<Int>) -> Int {
        var (count, at) = (0, part.lowerBound)
        while at &+ 8 <= part.upperBound {
            // Each byte counts the newlines in its place, up to 255.
            var counts: UInt64 = 0
            let end = min(part.upperBound &- 7, at &+ 255 &* 8)
            while at < end {
                counts &+= newlines(at: at) >> 7
                at &+= 8
            }
            let pairs = (counts & 0x00FF_00FF_00FF_00FF) &+ (counts >> 8 & 0x00FF_00FF_00FF_00FF)
            count &+= Int((pairs &* 0x0001_0001_0001_0001) >> 48)
        }
        while at < part.upperBound {
            count &+= self[at] == UInt8(ascii: "\n") ? 1 : 0
            at &+= 1
        }
        return count
    }

    /// Returns a word with the high bit of each of the eight bytes at `at` that is a newline.
    @inline(__always)
    private func newlines(at: Int) -> UInt64 {
        let difference = word(at: at) ^ 0x0A0A_0A0A_0A0A_0A0A
        // The high bit of each byte is set unless that byte is zero. A sum of seven bits does not carry into the next
        // byte.
        let others = (difference & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7F7F_7F7F_7F7F_7F7F | difference
        return ~others & 0x8080_8080_8080_8080
    }

    /// Returns the position of the first quote, backslash or control character from `start` on, or `end`.
    func endOfPlainText(from start: Int, before end: Int) -> Int {
        var at = start
        while at &+ 8 <= end {
            let word = word(at: at)
            let low = word & 0x7F7F_7F7F_7F7F_7F7F
            let isNoQuote = (low ^ 0x2222_2222_2222_2222) &+ 0x7F7F_7F7F_7F7F_7F7F
            let isNoBackslash = (low ^ 0x5C5C_5C5C_5C5C_5C5C) &+ 0x7F7F_7F7F_7F7F_7F7F
            let isNoControl = low &+ 0x6060_6060_6060_6060
            let found = ~(word | isNoQuote & isNoBackslash & isNoControl) & 0x8080_8080_8080_8080
            if found != 0 { return at &+ (found.leadingZeroBitCount >> 3) }
            at &+= 8
        }
        while at < end {
            let byte = self[at]
            guard byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { return at }
            at &+= 1
        }
        return at
    }
}
