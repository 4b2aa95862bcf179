/// Reads bytes as characters, of ASCII alone: one a byte, or one in two bytes, the other of which is 0 (UTF-16).
///
/// Everything that is not ASCII is the character ``other``. Nothing here traps, wherever it is asked to read.
struct TextLens {
    /// What stands for a character that is not ASCII, for half a one, and for what is before and behind the text.
    static let other: UInt8 = 0xFF

    static let bytes = TextLens(step: 1, highByte: 0)
    static let littleEndian = TextLens(step: 2, highByte: 1)
    static let bigEndian = TextLens(step: 2, highByte: -1)

    /// How many bytes a character has.
    let step: Int
    /// Where a character's other byte is, from the one that tells it.
    private let highByte: Int

    /// The bytes of the characters from `start` to before `end`, with their other bytes.
    func bytes(_ start: Int, _ end: Int) -> Range<Int> {
        let shift = min(0, highByte)
        return start + shift..<end + shift
    }

    /// A character, or an escape that stands for one, and where what follows begins.
    struct Unit {
        let character: UInt8
        let end: Int
    }

    /// The character at `at`, which is not looked at as a part of an escape.
    func raw(_ text: Span<UInt8>, _ at: Int) -> UInt8 {
        guard at >= 0, at < text.count else { return Self.other }
        if step == 2 {
            let high = at + highByte
            guard high >= 0, high < text.count, text[high] == 0 else { return Self.other }
        }
        return text[at]
    }

    /// The character, or escape, that begins at `at`.
    ///
    /// Dashes and blanks of other widths, in UTF-8, are a hyphen and a space.
    func unit(_ text: Span<UInt8>, _ at: Int) -> Unit {
        let first = raw(text, at)
        switch first {
        case UInt8(ascii: "%"):
            if let byte = hexNumber(text, at + step, 2) { return Unit(character: Self.ascii(byte), end: at + 3 * step) }
        case UInt8(ascii: "\\"):
            if raw(text, at + step) == UInt8(ascii: "u"), let scalar = hexNumber(text, at + 2 * step, 4) {
                return Unit(character: Self.ascii(scalar), end: at + 6 * step)
            }
        case UInt8(ascii: "&"):
            if let unit = reference(text, at) { return unit }
        case 0xC2 where step == 1 && raw(text, at + 1) == 0xA0:
            return Unit(character: UInt8(ascii: " "), end: at + 2)
        case 0xE2 where step == 1 && raw(text, at + 1) == 0x80:
            let last = raw(text, at + 2)
            if (0x90...0x95).contains(last) { return Unit(character: UInt8(ascii: "-"), end: at + 3) }
            if last == 0xAF || last == 0x89 { return Unit(character: UInt8(ascii: " "), end: at + 3) }
        default: break
        }
        return Unit(character: first, end: at + step)
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
            // A character reference has five or six characters where it stands for a digit.
            for start in [end - 5 * step, end - 6 * step] {
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

    /// A character reference of HTML or XML: `&#52;`, `&#x34;` or `&nbsp;`.
    private func reference(_ text: Span<UInt8>, _ start: Int) -> Unit? {
        guard raw(text, start) == UInt8(ascii: "&") else { return nil }
        let body = start + 2 * step
        if raw(text, start + step) == UInt8(ascii: "#") {
            if raw(text, body) | 0x20 == UInt8(ascii: "x") {
                guard let value = hexNumber(text, body + step, 2) else { return nil }
                return closed(text, body + 3 * step, Self.ascii(value))
            }
            let tens = raw(text, body), ones = raw(text, body + step)
            guard tens.isDigit, ones.isDigit else { return nil }
            return closed(text, body + 2 * step, (tens & 0x0F) * 10 + (ones & 0x0F))
        }
        var at = start + step
        for letter in [UInt8(ascii: "n"), UInt8(ascii: "b"), UInt8(ascii: "s"), UInt8(ascii: "p")] {
            guard raw(text, at) == letter else { return nil }
            at += step
        }
        return closed(text, at, UInt8(ascii: " "))
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
            number = number << 4 | Int(digit.isDigit ? digit & 0x0F : (digit & 0x0F) + 9)
            at += step
        }
        return number
    }

    /// A scalar as a character; the no-break space is a space.
    private static func ascii(_ scalar: Int) -> UInt8 {
        scalar == 0xA0 ? UInt8(ascii: " ") : scalar < 0x80 ? UInt8(scalar) : other
    }
}
