internal import KMPrimitives

/// A view of 128 bytes of a text as bits, which finds the runs of digits worth a look in the first 64 of them.
///
/// The lowest bit is the first byte. Most runs are rejected together, by shifts of these bits.
struct DigitWindow {
    /// The number of bytes that a window covers.
    static let byteCount = 128
    /// The number of bytes by which a window advances.
    static let stride = 64

    /// The position of the first byte.
    private(set) var start: Int
    private var digits: UInt128
    /// The bytes that ``TextBlock/rare`` describes.
    private var rare: UInt128
    /// Whether the byte before the window is a digit, 0 or 1.
    private var digitBefore: UInt64
    /// The rare bytes before the window; the highest bit is the last of them.
    private var rareBefore: UInt64

    /// Creates a window at `start`, which must be at least ``byteCount`` before the end of the text.
    @inline(__always)
    init(_ text: Span<UInt8>, at start: Int) {
        self.start = start
        let (first, second) = (TextBlock(text, at: start), TextBlock(text, at: start &+ Self.stride))
        digits = UInt128(second.digits) << 64 | UInt128(first.digits)
        rare = UInt128(second.rare) << 64 | UInt128(first.rare)
        digitBefore = start > 0 && text[start &- 1].isDigit ? 1 : 0
        rareBefore = 0
        for distance in 1...min(Self.escapeReach, max(1, start)) where start >= distance {
            if TextBlock.isRare(text[start &- distance]) { rareBefore |= 1 << UInt64(64 &- distance) }
        }
    }

    /// Moves forward by ``stride`` bytes.
    @inline(__always)
    mutating func advance(_ text: Span<UInt8>) {
        start &+= Self.stride
        let next = TextBlock(text, at: start &+ Self.stride)
        digitBefore = UInt64(truncatingIfNeeded: digits) >> 63
        rareBefore = UInt64(truncatingIfNeeded: rare)
        digits = UInt128(next.digits) << 64 | digits >> 64
        rare = UInt128(next.rare) << 64 | rare >> 64
    }

    /// The offsets in the first 64 bytes where a card number may begin, or a rare byte makes a closer look necessary.
    @inline(__always)
    func candidates(_ text: Span<UInt8>) -> UInt64 {
        let first = UInt64(truncatingIfNeeded: digits)
        let starts = first & ~(first << 1 | digitBefore)
        let plain = starts & plainNumbers
        guard rare != 0 || rareBefore >> UInt64(64 &- Self.escapeReach) != 0 else { return plain }
        return plain | starts & nearRare | TextBlock.fullWidthBits(text, at: start)
    }

    /// The offsets at which 12 digits, or the first of the groups of a card number, begin.
    @inline(__always)
    private var plainNumbers: UInt64 {
        let two = digits & digits >> 1
        let four = two & two >> 2
        let eight = four & four >> 4
        let twelve = eight & four >> 8
        let others = ~digits
        // The positions where 4 or 6 digits begin after which, behind one to three other bytes, there are 4 more.
        let inner = four & (Self.afterGap(four >> 4) | two >> 4 & Self.afterGap(four >> 6))
        let fours = four & others >> 4 & Self.afterGap(inner >> 4)
        let sixes = four & two >> 4 & others >> 6 & Self.afterGap(twelve >> 6)
        return UInt64(truncatingIfNeeded: twelve | fours | sixes)
    }

    /// The positions from which one to three bytes lead to a position in `bits`.
    @inline(__always)
    private static func afterGap(_ bits: UInt128) -> UInt128 {
        bits >> 1 | bits >> 2 | bits >> 3
    }

    /// The offsets of digits near which there is a rare byte: directly after the run of digits, up to 7 bytes before the
    /// offset, or, if four digits begin there, up to 31 bytes after it.
    private var nearRare: UInt64 {
        var after = rare
        for step in 0..<5 { after |= after >> UInt128(1 << step) }
        let two = digits & digits >> 1
        // Each step doubles the number of digits over which the rare bytes reach back.
        var (reach, run) = (rare, digits)
        for step in 0..<4 {
            reach |= reach >> UInt128(1 << step) & run
            run &= run >> UInt128(1 << step)
        }
        return UInt64(truncatingIfNeeded: reach | after & two & two >> 2) | afterRare
    }

    /// The offsets at most 7 bytes before which there is a rare byte.
    private var afterRare: UInt64 {
        var before = (rare << 64 | UInt128(rareBefore)) << 1
        for distance in 1...3 { before |= before << UInt128(distance) }
        return UInt64(truncatingIfNeeded: before >> 64)
    }

    /// The largest number of bytes from the start of an escape to digits after its own start that belong to a number.
    private static let escapeReach = 7

    /// Returns the number of digits from `offset` on, or nil if they may continue after the window.
    @inline(__always)
    func digitCount(at offset: Int) -> Int? {
        let count = (~(digits >> UInt128(offset))).trailingZeroBitCount
        return offset &+ count < Self.byteCount ? count : nil
    }

    /// Returns whether no escape and no character of UTF-16 is directly before or after the digits.
    @inline(__always)
    func isPlain(at offset: Int, count: Int) -> Bool {
        let isNear = rare != 0 || rareBefore != 0
        return !isNear
            || (afterRare >> UInt64(offset) & 1 == 0 && rare >> UInt128(offset &+ count) & 1 == 0)
    }
}

/// A view of 64 bytes of a text as bits, of which the lowest is the first byte.
private struct TextBlock {
    let digits: UInt64
    /// The bytes that begin escapes and characters of other widths, and the zero bytes of UTF-16.
    ///
    /// They are 00, `$` to `'`, `\`, C2, E2, E3, EF and FF.
    let rare: UInt64

    @inline(__always)
    init(_ text: Span<UInt8>, at start: Int) {
        var digits: UInt64 = 0
        // The high bits that are clear in a rare byte of ASCII, and those that are set in another byte.
        var (common, high) = (UInt64.max, 0 as UInt64)
        for index in 0..<8 {
            let word = text.word(at: start &+ index &* 8).byteSwapped
            digits |= Self.gathered(~Self.isNoDigit(word)) << UInt64(index &* 8)
            common &= Self.isCommon(word)
            high |= word
        }
        self.digits = digits
        rare = (~common | high) & Self.highBits == 0 ? 0 : Self.rareBits(text, at: start)
    }

    /// Returns whether a byte is one of ``rare``.
    static func isRare(_ byte: UInt8) -> Bool {
        switch byte {
        case 0, 0x24...0x27, 0x5C, 0xC2, 0xE2, 0xE3, 0xEF, 0xFF: true
        default: false
        }
    }

    /// Returns the bytes that may be the last of a full-width digit.
    ///
    /// In UTF-8, they are 90 to 99 two bytes after EF. In UTF-16, they are 10 to 19 next to FF.
    static func fullWidthBits(_ text: Span<UInt8>, at start: Int) -> UInt64 {
        var (bits, wide) = (0 as UInt64, 0 as UInt64)
        for index in 0..<8 {
            let word = text.word(at: start &+ index &* 8).byteSwapped
            // The AND clears the two bits in which these bytes and ASCII digits differ.
            let others = (word & 0x5F5F_5F5F_5F5F_5F5F ^ 0x1010_1010_1010_1010) &+ 0x7676_7676_7676_7676
            bits |= gathered(~others & isNoDigit(word)) << UInt64(index &* 8)
            let isNarrow = differs(word | 0x1010_1010_1010_1010, 0xFFFF_FFFF_FFFF_FFFF)
            wide |= gathered(~isNarrow) << UInt64(index &* 8)
        }
        var near = wide << 1 | wide << 2 | wide >> 1
        if start > 0, text[start &- 1] >= 0xEF { near |= 3 }
        if start > 1, text[start &- 2] >= 0xEF { near |= 1 }
        if start &+ 64 < text.count, text[start &+ 64] >= 0xEF { near |= 1 << 63 }
        return bits & near
    }

    private static func rareBits(_ text: Span<UInt8>, at start: Int) -> UInt64 {
        var bits: UInt64 = 0
        for index in 0..<8 {
            let word = text.word(at: start &+ index &* 8).byteSwapped
            let isOther =
                differs(word | 0x0101_0101_0101_0101, 0xE3E3_E3E3_E3E3_E3E3)
                & differs(word | 0x1010_1010_1010_1010, 0xFFFF_FFFF_FFFF_FFFF)
                & differs(word, 0xC2C2_C2C2_C2C2_C2C2)
            bits |= gathered(~isOther | ~(isCommon(word) | word)) << UInt64(index &* 8)
        }
        return bits
    }

    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// Sets the high bit of each byte that is not an ASCII digit.
    @inline(__always)
    private static func isNoDigit(_ word: UInt64) -> UInt64 {
        let value = word ^ 0x3030_3030_3030_3030
        return (value & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7676_7676_7676_7676 | value
    }

    /// Sets the high bit of each ASCII byte that is neither 00, `$` to `'` nor `\`.
    @inline(__always)
    private static func isCommon(_ word: UInt64) -> UInt64 {
        let low = word & 0x7F7F_7F7F_7F7F_7F7F
        let isNoMark = (low & 0x7C7C_7C7C_7C7C_7C7C ^ 0x2424_2424_2424_2424) &+ 0x7F7F_7F7F_7F7F_7F7F
        let isNoBackslash = (low ^ 0x5C5C_5C5C_5C5C_5C5C) &+ 0x7F7F_7F7F_7F7F_7F7F
        return isNoMark & isNoBackslash & (low &+ 0x7F7F_7F7F_7F7F_7F7F)
    }

    /// Sets the high bit of each byte in which the words differ.
    @inline(__always)
    private static func differs(_ word: UInt64, _ other: UInt64) -> UInt64 {
        let difference = word ^ other
        return (difference & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7F7F_7F7F_7F7F_7F7F | difference
    }

    /// Returns the high bits of the eight bytes side by side.
    @inline(__always)
    private static func gathered(_ word: UInt64) -> UInt64 {
        // Each bit of the factor moves one of them to its place, and no two of them meet on the way.
        (((word & highBits) >> 7) &* 0x0102_0408_1020_4080) >> 56
    }
}
