internal import KMPrimitives

/// Reads bytes as characters: as ASCII with the digits and separators of other widths in UTF-8, or as UTF-16.
///
/// Those digits and separators are the ASCII characters that they stand for. Everything else that is not ASCII is the
/// character ``other``. Nothing here traps, wherever it is asked to read.
struct TextLens {
    /// What stands for a character that is not ASCII, for half a one, and for what is before and behind the text.
    static let other: UInt8 = 0xFF

    static let bytes = TextLens(step: 1, highByte: 0)
    static let littleEndian = TextLens(step: 2, highByte: 1)
    static let bigEndian = TextLens(step: 2, highByte: -1)

    /// How many bytes an ASCII character has.
    let step: Int
    /// Where a character's high byte is, from its low one.
    private let highByte: Int

    /// The bytes of the characters from `start` to before `end`, with their high bytes.
    func bytes(_ start: Int, _ end: Int) -> Range<Int> {
        let shift = min(0, highByte)
        return start + shift..<end + shift
    }

    /// A character, or an escape that stands for one, and where what follows begins.
    struct Unit {
        let character: UInt8
        let end: Int
    }

    /// The ASCII character at `at`, which is not looked at as a part of an escape.
    func raw(_ text: Span<UInt8>, _ at: Int) -> UInt8 {
        guard at >= 0, at < text.count else { return Self.other }
        return step == 2 && high(text, at) != 0 ? Self.other : text[at]
    }

    /// The high byte of the UTF-16 unit that has its low one at `at`, or nil where the text has none.
    private func high(_ text: Span<UInt8>, _ at: Int) -> UInt8? {
        let high = at + highByte
        return high >= 0 && high < text.count ? text[high] : nil
    }

    /// The character, or escape, that begins at `at`.
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

    /// A digit or separator of another width.
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

    /// `%34`, or the two or three such escapes of a character of another width.
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

    /// The character of the escape that ends before `end`, or nil where none does.
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
            // A character reference has four to eight characters where it stands for a digit or separator.
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

    /// Whether a full-width digit ends before `end`.
    func hasFullWidthDigit(_ text: Span<UInt8>, endingAt end: Int) -> Bool {
        let start = step == 1 ? end - 3 : end - 2
        guard start >= 0, step == 2 || text[start] == 0xEF, let unit = wide(text, start) else { return false }
        return unit.end == end && unit.character.isDigit
    }

    /// A character reference of HTML or XML: `&#52;`, `&#x34;` or `&nbsp;`.
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
            scalar = scalar * (isHexadecimal ? 16 : 10) + digit.hexadecimalValue
            count += 1
            at += step
        }
        return count > 0 ? closed(text, at, Self.ascii(scalar)) : nil
    }

    private func closed(_ text: Span<UInt8>, _ at: Int, _ character: UInt8) -> Unit? {
        raw(text, at) == UInt8(ascii: ";") ? Unit(character: character, end: at + step) : nil
    }

    /// The number that `count` hexadecimal digits from `start` on are, or nil where they are not.
    private func hexNumber(_ text: Span<UInt8>, _ start: Int, _ count: Int) -> Int? {
        var number = 0
        var at = start
        for _ in 0..<count {
            let digit = raw(text, at)
            guard digit.isHexadecimal else { return nil }
            number = number << 4 | digit.hexadecimalValue
            at += step
        }
        return number
    }

    /// The scalar that bytes of UTF-8 encode, of those that ``ascii(_:)`` knows, or -1.
    private static func scalar(_ first: UInt8, _ second: UInt8, _ third: UInt8?) -> Int {
        guard second & 0xC0 == 0x80 else { return -1 }
        let low = Int(second & 0x3F)
        if first == 0xC2 { return 0x80 | low }
        guard first == 0xE2 || first == 0xE3 || first == 0xEF, let third, third & 0xC0 == 0x80 else { return -1 }
        return Int(first & 0x0F) << 12 | low << 6 | Int(third & 0x3F)
    }

    /// A scalar as the ASCII character that it is or stands for.
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

extension UInt8 {
    /// The value of a hexadecimal digit.
    fileprivate var hexadecimalValue: Int { Int(isDigit ? self & 0x0F : (self & 0x0F) + 9) }
}
