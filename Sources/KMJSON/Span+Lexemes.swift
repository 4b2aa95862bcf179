/// Where the smallest parts of a JSON text end.
extension Span where Element == UInt8 {
    func matches(_ text: StaticString, at start: Int) -> Bool {
        text.withUTF8Buffer { expected in
            expected.indices.allSatisfy { unsafe self[start + $0] == expected[$0] }
        }
    }

    func endOfDigits(from start: Int) -> Int {
        var at = start
        while at < count, self[at] &- UInt8(ascii: "0") < 10 { at &+= 1 }
        return at
    }

    /// The end of the escape whose backslash stands at `start`, or nil when it is none of RFC 8259 section 7.
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

    /// The four hexadecimal digits at `start` as a UTF-16 code unit.
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

    /// The end of the UTF-8 sequence of two to four bytes at `start`, or nil when it is none of Unicode's table 3-7:
    /// overlong, a surrogate, above U+10FFFF, or cut short.
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
