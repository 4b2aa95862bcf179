internal import KMPrimitives

/// Finds the ends of the smallest parts of a JSON text.
extension Span where Element == UInt8 {
    func matches(_ text: StaticString, at start: Int) -> Bool {
        text.withUTF8Buffer { expected in
            expected.indices.allSatisfy { unsafe self[start + $0] == expected[$0] }
        }
    }

    /// Returns the byte at `index`, which the caller has compared with the bounds.
    @inline(__always)
    func byte(_ index: Int) -> UInt8 { unsafe self[unchecked: index] }

    /// Returns the end of the plain ASCII text from `start` on.
    ///
    /// Plain text ends at a non-ASCII byte, a control character, a quote or a backslash. This function reads eight
    /// bytes at a time. It also stops when fewer than eight bytes are left.
    @inline(__always)
    func endOfPlainText(from start: Int) -> Int {
        var at = start
        while at &+ 8 <= count {
            let word = unsafe withUnsafeBytes { bytes in
                unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            }
            // The high bit of a byte is the result. A difference can borrow from the next byte, but only where this one
            // is a stop, and only the first stop counts.
            let (quote, backslash) = (word ^ 0x2222_2222_2222_2222, word ^ 0x5C5C_5C5C_5C5C_5C5C)
            let isQuote = (quote &- 0x0101_0101_0101_0101) & ~quote
            let isBackslash = (backslash &- 0x0101_0101_0101_0101) & ~backslash
            let isControl = (word &- 0x2020_2020_2020_2020) & ~word
            let stops = (word | isQuote | isBackslash | isControl) & 0x8080_8080_8080_8080
            guard stops == 0 else { return at &+ (stops.trailingZeroBitCount &>> 3) }
            at &+= 8
        }
        return at
    }

    /// Returns the index of the next control character, backslash or `quote` from `start` on, or the end.
    func endOfUnescaped(from start: Int, quote: UInt8) -> Int {
        var at = start
        while at < count {
            let byte = byte(at)
            guard byte >= 0x20, byte != quote, byte != UInt8(ascii: "\\") else { return at }
            at &+= 1
        }
        return at
    }

    @inline(__always)
    func endOfDigits(from start: Int) -> Int {
        var at = start
        while at < count, byte(at) &- UInt8(ascii: "0") < 10 { at &+= 1 }
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
