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

    /// The value of a hexadecimal digit; of another byte, it has no meaning.
    @inlinable @inline(__always)
    package var hexadecimalValue: UInt8 { isDigit ? self & 0x0F : (self & 0x0F) &+ 9 }

    /// Whether the byte is an ASCII letter or digit.
    @inlinable @inline(__always)
    package var isAlphanumeric: Bool { isDigit || isLetter }
}

extension String {
    /// Creates a string from ASCII characters that this package wrote itself, without an intermediate copy.
    ///
    /// Never pass input here: bytes that are not valid UTF-8 stop the process.
    package init(ascii characters: Span<UInt8>) {
        guard let text = try? UTF8Span(validating: characters) else {
            preconditionFailure("the characters must be ASCII")
        }
        self.init(copying: text)
    }
}

/// Returns the lower-case hexadecimal digits of `bytes`.
package func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
