internal import KMPrimitives

/// Reads the bytes of a text as ASCII characters, either from ASCII and UTF-8 or from UTF-16.
///
/// Digits and separators of other widths, such as full-width digits, are read as the corresponding ASCII characters.
/// Every other character that is not ASCII is read as ``other``. It is safe to read at any position, even outside the
/// text.
struct TextLens {
    /// The value for a character that is not ASCII, for an incomplete character, and for a position outside the text.
    static let other: UInt8 = 0xFF

    static let bytes = TextLens(step: 1, highByte: 0)
    static let littleEndian = TextLens(step: 2, highByte: 1)
    static let bigEndian = TextLens(step: 2, highByte: -1)

    /// The number of bytes of an ASCII character, 1 or 2.
    let step: Int
    /// The offset of a character's high byte from its low byte.
    private let highByte: Int

    /// Returns the bytes, including high bytes, of the characters from `start` up to but not including `end`.
    func bytes(_ start: Int, _ end: Int) -> Range<Int> {
        let shift = min(0, highByte)
        return start + shift..<end + shift
    }

    /// A character, or an escape that represents one, and the position after it.
    struct Unit {
        let character: UInt8
        let end: Int
    }

    /// Returns the ASCII character at `at` without decoding escapes.
    func raw(_ text: Span<UInt8>, _ at: Int) -> UInt8 {
        guard at >= 0, at < text.count else { return Self.other }
        return step == 2 && high(text, at) != 0 ? Self.other : text[at]
    }

    /// Returns the high byte of the UTF-16 unit whose low byte is at `at`, or nil if it is outside the text.
    private func high(_ text: Span<UInt8>, _ at: Int) -> UInt8? {
        let high = at + highByte
        return high >= 0 && high < text.count ? text[high] : nil
    }

    /// Returns the character or escape that begins at `at`.
    func unit(_ text: Span<UInt8>, _ at: Int) -> Unit {
        let first = raw(text, at)
        switch first {
        case UInt8(ascii: "%"):
            if let unit = percentEscape(text, at) { return unit }
        case UInt8(ascii: "\\"):
            if raw(text, at + step) == UInt8(ascii: "u"), let scalar = hexNumber(text, at + 2 * step, 4) {
                return Unit(character: Self.ascii(scalar), end: at + 6 * step)
            }
        case UInt8(ascii: "&"):
            if let unit = reference(text, at) { return unit }
        case 0x80...:
            if let unit = wide(text, at) { return unit }
        default: break
        }
        return Unit(character: first, end: at + step)
    }

    /// Returns the digit or separator of another width at `at`, or nil.
    private func wide(_ text: Span<UInt8>, _ at: Int) -> Unit? {
        guard at >= 0, at < text.count else { return nil }
        let scalar: Int
        let end: Int
        if step == 2 {
            guard let high = high(text, at), high != 0 else { return nil }
            (scalar, end) = (Int(high) << 8 | Int(text[at]), at + 2)
        } else {
            end = at + (text[at] == 0xC2 ? 2 : 3)
            scalar = Self.scalar(text[at], raw(text, at + 1), end == at + 2 ? nil : raw(text, at + 2))
        }
        let character = Self.ascii(scalar)
        return character == Self.other ? nil : Unit(character: character, end: end)
    }

    /// Returns the percent escape at `at`, such as `%34`, or the two or three escapes of a character of another width.
    private func percentEscape(_ text: Span<UInt8>, _ at: Int) -> Unit? {
        guard let first = percentByte(text, at) else { return nil }
        if first >= 0x80, let second = percentByte(text, at + 3 * step) {
            let third = first == 0xC2 ? nil : percentByte(text, at + 6 * step)
            let character = Self.ascii(Self.scalar(first, second, third))
            if character != Self.other { return Unit(character: character, end: at + (third == nil ? 6 : 9) * step) }
        }
        return Unit(character: Self.ascii(Int(first)), end: at + 3 * step)
    }

    private func percentByte(_ text: Span<UInt8>, _ at: Int) -> UInt8? {
        raw(text, at) == UInt8(ascii: "%") ? hexNumber(text, at + step, 2).map(UInt8.init) : nil
    }

    /// Returns the character of the escape that ends just before `end`, or nil.
    func escape(_ text: Span<UInt8>, endingAt end: Int) -> UInt8? {
        if raw(text, end - 3 * step) == UInt8(ascii: "%"), let byte = hexNumber(text, end - 2 * step, 2) {
            return Self.ascii(byte)
        }
        if raw(text, end - 6 * step) == UInt8(ascii: "\\"), raw(text, end - 5 * step) == UInt8(ascii: "u"),
            let scalar = hexNumber(text, end - 4 * step, 4)
        {
            return Self.ascii(scalar)
        }
        if raw(text, end - step) == UInt8(ascii: ";") {
            // A character reference for a digit or separator has four to eight characters.
            for count in 4...8 {
                let start = end - count * step
                if let unit = reference(text, start), unit.end == end { return unit.character }
            }
        }
        guard raw(text, end - 2 * step) == UInt8(ascii: "\\") else { return nil }
        switch raw(text, end - step) {
        case UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return UInt8(ascii: "\n")
        default: return nil
        }
    }

    /// Returns whether a full-width digit ends just before `end`.
    func hasFullWidthDigit(_ text: Span<UInt8>, endingAt end: Int) -> Bool {
        let start = step == 1 ? end - 3 : end - 2
        guard start >= 0, step == 2 || text[start] == 0xEF, let unit = wide(text, start) else { return false }
        return unit.end == end && unit.character.isDigit
    }

    /// Returns the HTML or XML character reference at `start`, such as `&#52;`, `&#x34;` or `&nbsp;`, or nil.
    private func reference(_ text: Span<UInt8>, _ start: Int) -> Unit? {
        guard raw(text, start) == UInt8(ascii: "&") else { return nil }
        var at = start + step
        guard raw(text, at) == UInt8(ascii: "#") else {
            for letter in [UInt8(ascii: "n"), UInt8(ascii: "b"), UInt8(ascii: "s"), UInt8(ascii: "p")] {
                guard raw(text, at) == letter else { return nil }
                at += step
            }
            return closed(text, at, UInt8(ascii: " "))
        }
        at += step
        let isHexadecimal = raw(text, at) | 0x20 == UInt8(ascii: "x")
        if isHexadecimal { at += step }
        var (scalar, count) = (0, 0)
        while count < 5 {
            let digit = raw(text, at)
            guard isHexadecimal ? digit.isHexadecimal : digit.isDigit else { break }
            scalar = scalar * (isHexadecimal ? 16 : 10) + Int(digit.hexadecimalValue)
            count += 1
            at += step
        }
        return count > 0 ? closed(text, at, Self.ascii(scalar)) : nil
    }

    private func closed(_ text: Span<UInt8>, _ at: Int, _ character: UInt8) -> Unit? {
        raw(text, at) == UInt8(ascii: ";") ? Unit(character: character, end: at + step) : nil
    }

    /// Returns the number in the `count` hexadecimal digits at `start`, or nil if there are fewer.
    private func hexNumber(_ text: Span<UInt8>, _ start: Int, _ count: Int) -> Int? {
        var number = 0
        var at = start
        for _ in 0..<count {
            let digit = raw(text, at)
            guard digit.isHexadecimal else { return nil }
            number = number << 4 | Int(digit.hexadecimalValue)
            at += step
        }
        return number
    }

    /// Returns the scalar that UTF-8 bytes encode, or -1 if it is none that ``ascii(_:)`` converts.
    private static func scalar(_ first: UInt8, _ second: UInt8, _ third: UInt8?) -> Int {
        guard second & 0xC0 == 0x80 else { return -1 }
        let low = Int(second & 0x3F)
        if first == 0xC2 { return 0x80 | low }
        guard first == 0xE2 || first == 0xE3 || first == 0xEF, let third, third & 0xC0 == 0x80 else { return -1 }
        return Int(first & 0x0F) << 12 | low << 6 | Int(third & 0x3F)
    }

    /// Returns the ASCII character that a scalar is or corresponds to, or ``other``.
    private static func ascii(_ scalar: Int) -> UInt8 {
        switch scalar {
        case 0..<0x80: UInt8(scalar)
        case 0xA0, 0x2002...0x200A, 0x202F, 0x3000: UInt8(ascii: " ")
        case 0x2010...0x2015, 0x2212, 0xFF0D: UInt8(ascii: "-")
        case 0xFF0E: UInt8(ascii: ".")
        case 0xB7: UInt8(ascii: "_")
        case 0xFF0F: UInt8(ascii: "/")
        case 0xFF10...0xFF19: UInt8(ascii: "0") + UInt8(scalar - 0xFF10)
        default: other
        }
    }
}
