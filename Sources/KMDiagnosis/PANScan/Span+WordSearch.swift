internal import KMPrimitives

/// Searches that look at eight bytes at a time.
extension Span where Element == UInt8 {
    /// Returns the position of the first newline from `start` on, or `end`.
    func firstNewline(from start: Int, before end: Int) -> Int {
        var at = start
        while at &+ 8 <= end {
            let difference = word(at: at) ^ 0x0A0A_0A0A_0A0A_0A0A
            // The high bit of each byte is set unless that byte is zero. A sum of seven bits does not carry into the
            // next byte.
            let others = (difference & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7F7F_7F7F_7F7F_7F7F | difference
            let found = ~others & 0x8080_8080_8080_8080
            if found != 0 { return at &+ (found.leadingZeroBitCount >> 3) }
            at &+= 8
        }
        while at < end, self[at] != UInt8(ascii: "\n") { at &+= 1 }
        return at
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
