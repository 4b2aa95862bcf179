internal import KMPrimitives

/// Finds the ends of the smallest parts of a JSON text.
extension Span where Element == UInt8 {
    func matches(_ text: StaticString, at start: Int) -> Bool {
        text.withUTF8Buffer { expected in
            expected.indices.allSatisfy { unsafe self[start + $0] == expected[$0] }
        }
    }

    /// Returns the end of the plain ASCII text from `start` on.
    ///
    /// Plain text ends at a non-ASCII byte, a control character, a quote or a backslash. This function reads eight
    /// bytes at a time. It also stops when fewer than eight bytes are left.
    @inline(__always)
    func endOfPlainText(from start: Int) -> Int {
        var at = start
        while at &+ 8 <= count {
            let word = word(at: at)
            // The high bit of each byte is the result. The summands have seven bits, so no sum carries into the next
            // byte.
            let low = word & 0x7F7F_7F7F_7F7F_7F7F
            let isNoQuote = (low ^ 0x2222_2222_2222_2222) &+ 0x7F7F_7F7F_7F7F_7F7F
            let isNoBackslash = (low ^ 0x5C5C_5C5C_5C5C_5C5C) &+ 0x7F7F_7F7F_7F7F_7F7F
            let isNoControl = low &+ 0x6060_6060_6060_6060
            let stops = (word | ~(isNoQuote & isNoBackslash & isNoControl)) & 0x8080_8080_8080_8080
            guard stops == 0 else { return at &+ (stops.leadingZeroBitCount >> 3) }
            at &+= 8
        }
        return at
    }

    func endOfDigits(from start: Int) -> Int {
        var at = start
        while at < count, self[at] &- UInt8(ascii: "0") < 10 { at &+= 1 }
        return at
    }

    /// Returns the end of the escape whose backslash is at `start`, or nil if RFC 8259 section 7 does not define it.
    func endOfEscape(from start: Int) -> Int? {
        guard start + 1 < count else { return nil }
        switch self[start + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start + 2
        case UInt8(ascii: "u"):
            return hexadecimalUnit(at: start + 2) == nil ? nil : start + 6
        default:
            return nil
        }
    }

    /// Returns the four hexadecimal digits at `start` as a UTF-16 code unit, or nil if they are not all present.
    func hexadecimalUnit(at start: Int) -> UInt16? {
        guard start + 4 <= count else { return nil }
        var unit: UInt16 = 0
        for at in start..<start + 4 {
            let digit: UInt8
            switch self[at] {
            case let byte where byte &- UInt8(ascii: "0") < 10: digit = byte - UInt8(ascii: "0")
            case let byte where (byte | 0x20) &- UInt8(ascii: "a") < 6: digit = (byte | 0x20) - UInt8(ascii: "a") + 10
            default: return nil
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// Returns the end of the UTF-8 sequence of two to four bytes at `start`, or nil if it is invalid.
    ///
    /// Invalid sequences are those outside Unicode's table 3-7: overlong, a surrogate, above U+10FFFF, or truncated.
    func endOfScalar(from start: Int) -> Int? {
        func continues(_ offset: Int, _ low: UInt8 = 0x80, _ high: UInt8 = 0xBF) -> Bool {
            start + offset < count && self[start + offset] >= low && self[start + offset] <= high
        }
        switch self[start] {
        case 0xC2...0xDF: return continues(1) ? start + 2 : nil
        case 0xE0: return continues(1, 0xA0) && continues(2) ? start + 3 : nil
        case 0xED: return continues(1, 0x80, 0x9F) && continues(2) ? start + 3 : nil
        case 0xE1...0xEF: return continues(1) && continues(2) ? start + 3 : nil
        case 0xF0: return continues(1, 0x90) && continues(2) && continues(3) ? start + 4 : nil
        case 0xF1...0xF3: return continues(1) && continues(2) && continues(3) ? start + 4 : nil
        case 0xF4: return continues(1, 0x80, 0x8F) && continues(2) && continues(3) ? start + 4 : nil
        default: return nil
        }
    }
}
