public import KMPrimitives

/// Base64 as RFC 4648 has it, in the two alphabets that the wire uses, canonical in both directions: no padding here,
/// no white space, no stray bits behind the last byte.
///
/// A text has exactly one spelling, so that nothing can be changed in it unseen.
public struct Base64: Sendable {
    /// The URL and file-name safe alphabet (RFC 4648 section 5), as JOSE uses it (RFC 7515 section 2).
    public static let url = Base64(characters: ("-", "_"))

    /// The standard alphabet (RFC 4648 section 4).
    ///
    /// Padding is the caller's to add and to take off.
    public static let standard = Base64(characters: ("+", "/"))

    /// The two characters of each 12 bits.
    private let pairs: [UInt16]
    /// The value of each byte, or 0xFF.
    private let values: [UInt8]

    private init(characters last: (Unicode.Scalar, Unicode.Scalar)) {
        let alphabet =
            Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
            + [UInt8(ascii: last.0), UInt8(ascii: last.1)]
        pairs = alphabet.flatMap { first in alphabet.map { UInt16(first) << 8 | UInt16($0) } }
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        self.values = values
    }

    /// How many characters `byteCount` bytes take, without padding.
    public static func encodedCount(_ byteCount: Int) -> Int { (byteCount * 4 + 2) / 3 }

    /// How many bytes `characterCount` characters without padding stand for, or nil where no number of bytes has so many.
    public static func decodedCount(_ characterCount: Int) -> Int? {
        characterCount % 4 == 1 ? nil : characterCount / 4 * 3 + max(0, characterCount % 4 - 1)
    }

    /// Appends the text of `bytes`.
    public func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        let count = Self.encodedCount(bytes.count)
        output.append(addingCapacity: count) { output in
            let start = output.count
            output.append(repeating: 0, count: count)
            var text = output.mutableSpan
            write(bytes, to: &text, at: start)
        }
    }

    /// Puts the text of `bytes` at the place `start` and on, where there must be room for it.
    package func write(_ bytes: Span<UInt8>, to text: inout MutableSpan<UInt8>, at start: Int) {
        let end = start + Self.encodedCount(bytes.count)
        let pairs = pairs.span
        var (at, place) = (0, start)
        while at &+ 8 <= bytes.count {
            text.store(Self.characters(ofSixBytes: bytes.word(at: at), pairs), at: place)
            at &+= 6
            place &+= 8
        }
        // What is left, with zeros behind it, and of its characters those that are due.
        while at < bytes.count {
            let next = min(at &+ 6, bytes.count)
            var word: UInt64 = 0
            for index in at..<next { word = word << 8 | UInt64(bytes[index]) }
            word = Self.characters(ofSixBytes: word << UInt64(64 &- 8 &* (next &- at)), pairs)
            for place in place..<min(place &+ 8, end) {
                text[place] = UInt8(truncatingIfNeeded: word >> 56)
                word <<= 8
            }
            at = next
            place &+= 8
        }
    }

    /// The eight characters of the first six bytes of `word`, a byte each.
    private static func characters(ofSixBytes word: UInt64, _ pairs: Span<UInt16>) -> UInt64 {
        func pair(_ shift: UInt64) -> UInt64 { UInt64(pairs[Int(truncatingIfNeeded: word >> shift & 0xFFF)]) }
        return pair(52) << 48 | pair(40) << 32 | pair(28) << 16 | pair(16)
    }

    /// The text of `bytes`.
    public func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        append(bytes.span, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of `text`, or nil where it is not canonical.
    public func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard let count = Self.decodedCount(text.count) else { return nil }
        var isCanonical = false
        var bytes: [UInt8] = []
        bytes.append(addingCapacity: count) { isCanonical = decode(text, into: &$0) }
        return isCanonical ? bytes : nil
    }

    /// The bytes of `text` as a secret, or nil where it is not canonical.
    ///
    /// The look-ups in a table may show in a shared cache; for key files, not for peers' input.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory is short.
    public func decodeSecret(_ text: Span<UInt8>) throws -> SecretBytes? {
        guard let count = Self.decodedCount(text.count) else { return nil }
        var isCanonical = false
        let bytes = try SecretBytes(capacity: count) { isCanonical = decode(text, into: &$0) }
        return isCanonical ? bytes : nil
    }

    /// Appends the bytes of `text`, for which there is room; false where it is not canonical.
    private func decode(_ text: Span<UInt8>, into bytes: inout OutputSpan<UInt8>) -> Bool {
        let values = values.span
        var at = 0
        // One check for all: a value above 63 sets a high bit that no good one has.
        var bits: UInt8 = 0
        while at &+ 4 <= text.count {
            let (a, b) = (values[Int(text[at])], values[Int(text[at &+ 1])])
            let (c, d) = (values[Int(text[at &+ 2])], values[Int(text[at &+ 3])])
            bits |= a | b | c | d
            bytes.append(a << 2 | b >> 4)
            bytes.append(b << 4 | c >> 2)
            bytes.append(c << 6 | d)
            at &+= 4
        }
        let rest = text.count - at
        guard rest >= 2 else { return bits < 64 }
        let (a, b) = (values[Int(text[at])], values[Int(text[at + 1])])
        let c = rest == 3 ? values[Int(text[at + 2])] : 0
        bits |= a | b | c
        bytes.append(a << 2 | b >> 4)
        if rest == 3 { bytes.append(b << 4 | c >> 2) }
        let strayBits = rest == 3 ? c & 0b11 : b & 0b1111
        return bits < 64 && strayBits == 0
    }
}
