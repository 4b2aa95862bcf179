/// The tables of a Base64 alphabet, which stay in memory for the life of the process.
@safe struct Base64Tables: Sendable {
    /// The mark of a byte outside the alphabet in ``values``.
    static let invalid: UInt32 = 1 << 31

    /// The characters of the values 62 and 63.
    let last: UInt8
    let veryLast: UInt8
    // `nonisolated(unsafe)`: the tables are only read.
    /// The two characters for each 12-bit value.
    private nonisolated(unsafe) let pairs: UnsafePointer<UInt16>
    /// For each of four places, what each character adds to three bytes, or ``invalid``.
    private nonisolated(unsafe) let values: UnsafePointer<UInt32>

    init(_ last: UInt8, _ veryLast: UInt8) {
        (self.last, self.veryLast) = (last, veryLast)
        let alphabet =
            Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8) + [last, veryLast]
        let pairs = UnsafeMutablePointer<UInt16>.allocate(capacity: 4096)
        for value in 0..<4096 {
            unsafe (pairs + value).initialize(to: UInt16(alphabet[value >> 6]) << 8 | UInt16(alphabet[value & 63]))
        }
        let values = UnsafeMutablePointer<UInt32>.allocate(capacity: 4 * 256)
        unsafe values.initialize(repeating: Self.invalid, count: 4 * 256)
        for (value, character) in alphabet.enumerated() {
            for place in 0..<4 { unsafe values[256 * place + Int(character)] = UInt32(value) << UInt32(18 - 6 * place) }
        }
        unsafe (self.pairs, self.values) = (UnsafePointer(pairs), UnsafePointer(values))
    }

    /// Returns the eight characters of the first six bytes of `word`, one character per byte.
    @inline(__always)
    func characters(ofSixBytes word: UInt64) -> UInt64 {
        func pair(_ shift: UInt64) -> UInt64 {
            unsafe UInt64(pairs[Int(truncatingIfNeeded: word &>> shift & 0xFFF)])
        }
        return pair(52) &<< 48 | pair(40) &<< 32 | pair(28) &<< 16 | pair(16)
    }

    /// Returns the three bytes of four characters; at least ``invalid`` if one is not in the alphabet.
    @inline(__always)
    func value(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> UInt32 {
        unsafe values[Int(a)] | values[256 + Int(b)] | values[512 + Int(c)] | values[768 + Int(d)]
    }

    /// Returns a word whose bytes all have the high bit if eight characters are in the alphabet.
    @inline(__always)
    func validity(_ characters: UInt64) -> UInt64 {
        func every(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }
        // A sum sets the high bit of a byte that is at least some character, and never carries into the next byte.
        let text = characters & every(0x7F)
        let folded = text | every(0x20)
        let isDigit = (text &+ every(128 - 48)) & ~(text &+ every(128 - 58))
        let isLetter = (folded &+ every(128 - 97)) & ~(folded &+ every(128 - 123))
        let isLast = every(128) &- (text ^ every(last))
        let isVeryLast = every(128) &- (text ^ every(veryLast))
        return (isDigit | isLetter | isLast | isVeryLast) & ~characters & every(0x80)
    }
}
