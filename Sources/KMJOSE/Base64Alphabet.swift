/// The arithmetic of a Base64 alphabet: between eight characters and the eight 6-bit values of six bytes.
///
/// The first character is in the highest byte of a word.
struct Base64Alphabet: Sendable {
    /// Every byte's high bit: all characters are in the alphabet.
    static let allValid: UInt64 = 0x8080_8080_8080_8080

    /// The characters of the values 62 and 63.
    private let last: UInt8
    private let veryLast: UInt8

    init(_ last: UInt8, _ veryLast: UInt8) {
        self.last = last
        self.veryLast = veryLast
    }

    /// Returns the characters of the six highest bytes of `word`.
    @inline(__always)
    func characters(ofSixBytes word: UInt64) -> UInt64 {
        // 48 bits become two groups of 24, four of 12 and eight of 6.
        var values = word >> 16
        values = (values & 0xFFFF_FF00_0000) << 8 | values & 0xFF_FFFF
        values = (values & 0x00FF_F000_00FF_F000) << 4 | values & 0x0000_0FFF_0000_0FFF
        values = (values & 0x0FC0_0FC0_0FC0_0FC0) << 2 | values & 0x003F_003F_003F_003F
        let (above25, above51) = (Self.ones(values, from: 26), Self.ones(values, from: 52))
        let (above61, above62) = (Self.ones(values, from: 62), Self.ones(values, from: 63))
        // From the value v: v + 65 for A-Z, v + 71 for a-z, v - 4 for 0-9.
        let text = values &+ Self.every(65) &+ above25 &* 6 &- above51 &* 75
        let special = above61 &* 0xFF
        return text & ~special | (above61 ^ above62) &* UInt64(last) | above62 &* UInt64(veryLast)
    }

    /// Returns the high bit of each byte that is in the alphabet.
    @inline(__always)
    func validity(ofCharacters word: UInt64) -> UInt64 {
        let (text, isASCII) = (word & ~Self.allValid, ~word)
        let digits = Self.from(48, text) & ~Self.from(58, text)
        let upper = Self.from(65, text) & ~Self.from(91, text)
        let lower = Self.from(97, text) & ~Self.from(123, text)
        return (digits | upper | lower | Self.equal(last, text) | Self.equal(veryLast, text)) & isASCII & Self.allValid
    }

    /// Returns the six bytes of eight characters as the highest bytes of a word, and the characters' validity.
    ///
    /// The bytes have no meaning unless all characters are valid.
    @inline(__always)
    func value(ofCharacters word: UInt64) -> (value: UInt64, validity: UInt64) {
        let (text, isASCII) = (word & ~Self.allValid, ~word)
        let (from65, from97) = (Self.from(65, text), Self.from(97, text))
        let digits = Self.from(48, text) & ~Self.from(58, text)
        let upper = from65 & ~Self.from(91, text)
        let lower = from97 & ~Self.from(123, text)
        let (last, veryLast) = (Self.equal(last, text), Self.equal(veryLast, text))
        let validity = (digits | upper | lower | last | veryLast) & isASCII & Self.allValid
        // From the character c: c + 4 for 0-9, c - 65 for A-Z, c - 71 for a-z.
        var values = text &+ Self.every(4) &- Self.ones(upper) &* 69 &- Self.ones(lower) &* 75
        values &= ~(Self.ones(last | veryLast) &* 0xFF)
        values |= Self.ones(last) &* 62 | Self.ones(veryLast) &* 63
        values = (values & 0x3F00_3F00_3F00_3F00) >> 2 | values & 0x003F_003F_003F_003F
        values = (values & 0x0FFF_0000_0FFF_0000) >> 4 | values & 0x0000_0FFF_0000_0FFF
        values = (values & 0x00FF_FFFF_0000_0000) >> 8 | values & 0xFF_FFFF
        return (values << 16, validity)
    }

    /// Returns the bytes of the last characters, 0 to 8, which are the highest bytes of `word`; nil if one is not in the
    /// alphabet, or if the last one has bits that encode nothing.
    func value(ofLast word: UInt64, count: Int) -> UInt64? {
        guard count > 0 else { return 0 }
        // The characters that are missing count as A, whose value is 0.
        let missing = count == 8 ? 0 : ~UInt64(0) >> UInt64(8 &* count)
        let (value, validity) = value(ofCharacters: word | Self.every(65) & missing)
        guard validity == Self.allValid else { return nil }
        let bits = UInt64(count * 6 / 8 * 8)
        return value << bits == 0 || bits == 48 ? value : nil
    }

    private static func every(_ byte: UInt64) -> UInt64 { byte &* 0x0101_0101_0101_0101 }

    /// Returns the high bit of each byte of `text` that is `lowest` or more; both must be below 128.
    @inline(__always)
    private static func from(_ lowest: UInt64, _ text: UInt64) -> UInt64 { (text &+ every(128 &- lowest)) & allValid }

    @inline(__always)
    private static func equal(_ byte: UInt8, _ text: UInt64) -> UInt64 {
        from(UInt64(byte), text) & ~from(UInt64(byte) &+ 1, text)
    }

    /// Returns 1 in each byte whose high bit is set in `highBits`.
    @inline(__always)
    private static func ones(_ highBits: UInt64) -> UInt64 { highBits >> 7 & every(1) }

    /// Returns 1 in each byte of `values` that is `lowest` or more.
    @inline(__always)
    private static func ones(_ values: UInt64, from lowest: UInt64) -> UInt64 { ones(from(lowest, values)) }
}
