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
        let newline = SIMD16<UInt8>(repeating: UInt8(ascii: "\n"))
        let one = SIMD16<UInt8>(repeating: 1)
        var (count, at) = (0, part.lowerBound)
        while at &+ 16 <= part.upperBound {
            // Each byte counts the newlines in its place, up to 255.
            var counts = SIMD16<UInt8>()
            let end = min(part.upperBound &- 15, at &+ 255 &* 16)
            while at < end {
                counts &+= SIMD16<UInt8>().replacing(with: one, where: sixteen(at: at) .== newline)
                at &+= 16
            }
            count &+= Int(SIMD16<UInt16>(truncatingIfNeeded: counts).wrappedSum())
        }
        while at < part.upperBound {
            count &+= self[at] == UInt8(ascii: "\n") ? 1 : 0
            at &+= 1
        }
        return count
    }

    /// Returns the 16 bytes at `place`.
    @inline(__always)
    private func sixteen(at place: Int) -> SIMD16<UInt8> {
        precondition(place >= 0 && place &+ 16 <= count, "the bytes must lie within the span")
        return unsafe withUnsafeBytes { bytes in
            unsafe bytes.loadUnaligned(fromByteOffset: place, as: SIMD16<UInt8>.self)
        }
    }

    /// Calls `body` with the position of each newline after which white space or an opening brace or bracket follows.
    func forEachNewlineBeforeRoot(_ body: (Int) -> Void) {
        let newline = SIMD16<UInt8>(repeating: UInt8(ascii: "\n"))
        let (space, caseBit) = (SIMD16<UInt8>(repeating: 0x20), SIMD16<UInt8>(repeating: 0x20))
        let brace = SIMD16<UInt8>(repeating: UInt8(ascii: "{"))
        var at = 0
        while at &+ 1 < count {
            if at &+ 17 <= count {
                let next = sixteen(at: at &+ 1)
                // A brace and its bracket differ in one bit.
                let isFound = (sixteen(at: at) .== newline) .& ((next .<= space) .| ((next | caseBit) .== brace))
                let halves = unsafe unsafeBitCast(isFound, to: SIMD2<UInt64>.self)
                guard halves[0] | halves[1] != 0 else {
                    at &+= 16
                    continue
                }
            }
            let end = min(at &+ 16, count &- 1)
            while at < end {
                let next = self[at &+ 1]
                if self[at] == UInt8(ascii: "\n"), next <= 0x20 || next | 0x20 == UInt8(ascii: "{") { body(at) }
                at &+= 1
            }
        }
    }

    /// Returns the position of the last newline in a part, or nil.
    func lastNewline(in part: Range<Int>) -> Int? {
        var at = part.upperBound
        while at &- 8 >= part.lowerBound, newlines(at: at &- 8) == 0 { at &-= 8 }
        while at > part.lowerBound {
            at &-= 1
            if self[at] == UInt8(ascii: "\n") { return at }
        }
        return nil
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
