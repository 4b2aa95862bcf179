extension UInt8 {
    /// Whether the byte is an ASCII digit.
    @inlinable @inline(__always)
    package var isDigit: Bool { self &- 0x30 < 10 }

    /// Whether the byte is an ASCII letter.
    @inlinable @inline(__always)
    package var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }

    /// Whether the byte is an upper-case or lower-case hexadecimal digit.
    @inlinable @inline(__always)
    package var isHexadecimal: Bool { isDigit || (self | 0x20) &- 0x61 < 6 }

    /// Whether the byte is an ASCII letter or digit.
    @inlinable @inline(__always)
    package var isAlphanumeric: Bool { isDigit || isLetter }
}
