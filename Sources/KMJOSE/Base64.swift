public import KMPrimitives

/// Encodes and decodes canonical Base64 (RFC 4648) without padding, in the URL-safe or the standard alphabet.
///
/// Decoding rejects padding, white space, and nonzero unused bits in the last character. Every byte sequence has
/// exactly one accepted text, so any change to the text is either rejected or changes the bytes.
public struct Base64: Sendable {
    /// The URL-safe alphabet (RFC 4648 section 5), which JOSE uses (RFC 7515 section 2).
    public static let url = Base64(characters: ("-", "_"))

    /// The standard alphabet (RFC 4648 section 4).
    ///
    /// The caller adds padding after encoding and removes it before decoding.
    public static let standard = Base64(characters: ("+", "/"))

    /// The two characters for each 12-bit value.
    private let pairs: [UInt16]
    /// The 6-bit value of each character, or 0xFF for a byte outside the alphabet.
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

    /// Returns the number of characters that `byteCount` bytes are encoded in, without padding.
    public static func encodedCount(_ byteCount: Int) -> Int { (byteCount * 4 + 2) / 3 }

    /// Returns the number of bytes that `characterCount` characters decode to, or nil if no text has this length.
    public static func decodedCount(_ characterCount: Int) -> Int? {
        characterCount % 4 == 1 ? nil : characterCount / 4 * 3 + max(0, characterCount % 4 - 1)
    }

    /// Appends the Base64 text of `bytes`.
    public func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        let count = Self.encodedCount(bytes.count)
        output.append(addingCapacity: count) { output in
            let start = output.count
            output.append(repeating: 0, count: count)
            var text = output.mutableSpan
            write(bytes, to: &text, at: start)
        }
    }

    /// Writes the Base64 text of `bytes` into `text` from index `start` on.
    ///
    /// `text` must have room for ``encodedCount(_:)`` characters.
    package func write(_ bytes: Span<UInt8>, to text: inout MutableSpan<UInt8>, at start: Int) {
        let pairs = pairs.span
        var (at, place) = (0, start)
        while at &+ 8 <= bytes.count {
            text.store(Self.characters(ofSixBytes: bytes.word(at: at), pairs), at: place)
            at &+= 6
            place &+= 8
        }
        // The last bytes, padded with zeros; only the characters that encode them are written.
        while at < bytes.count {
            let next = min(at &+ 6, bytes.count)
            var word: UInt64 = 0
            for index in at..<next { word = word << 8 | UInt64(bytes[index]) }
            Self.write(last: word, byteCount: next &- at, to: &text, at: place, pairs)
            at = next
            place &+= 8
        }
    }

    /// Replaces bytes of `text` by their Base64 text.
    ///
    /// The bytes must be the last `count` bytes of the room for their text, which begins at `start` and has
    /// ``encodedCount(_:)`` characters. Writing then never overtakes reading.
    package func writeInPlace(_ count: Int, in text: inout MutableSpan<UInt8>, at start: Int) {
        let pairs = pairs.span
        let end = start + Self.encodedCount(count)
        var (at, place) = (end - count, start)
        while at &+ 8 <= end {
            text.store(Self.characters(ofSixBytes: text.word(at: at), pairs), at: place)
            at &+= 6
            place &+= 8
        }
        while at < end {
            let next = min(at &+ 6, end)
            var word: UInt64 = 0
            for index in at..<next { word = word << 8 | UInt64(text[index]) }
            Self.write(last: word, byteCount: next &- at, to: &text, at: place, pairs)
            at = next
            place &+= 8
        }
    }

    /// Writes the text of the last bytes, 1 to 6, which are the lowest bytes of `word`.
    private static func write(
        last word: UInt64,
        byteCount: Int,
        to text: inout MutableSpan<UInt8>,
        at place: Int,
        _ pairs: Span<UInt16>
    ) {
        var word = characters(ofSixBytes: word << UInt64(64 &- 8 &* byteCount), pairs)
        for place in place..<place &+ encodedCount(byteCount) {
            text[place] = UInt8(truncatingIfNeeded: word >> 56)
            word <<= 8
        }
    }

    /// Returns the eight characters of the first six bytes of `word`, one character per byte.
    @inline(__always)
    private static func characters(ofSixBytes word: UInt64, _ pairs: Span<UInt16>) -> UInt64 {
        func pair(_ shift: UInt64) -> UInt64 { UInt64(pairs[Int(truncatingIfNeeded: word >> shift & 0xFFF)]) }
        return pair(52) << 48 | pair(40) << 32 | pair(28) << 16 | pair(16)
    }

    /// Returns the Base64 text of `bytes`.
    public func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        append(bytes.span, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Returns the bytes of `text`, or nil if it is not canonical.
    public func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard let count = Self.decodedCount(text.count) else { return nil }
        var isCanonical = false
        var bytes: [UInt8] = []
        bytes.append(addingCapacity: count) { isCanonical = decode(text, into: &$0) }
        return isCanonical ? bytes : nil
    }

    /// Decodes `text` into secret memory, or returns nil if it is not canonical.
    ///
    /// The decoding uses table look-ups, whose timing may be visible to other processes that share the CPU cache. Use
    /// it for key files, not for input from peers.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory is short.
    public func decodeSecret(_ text: Span<UInt8>) throws -> SecretBytes? {
        guard let count = Self.decodedCount(text.count) else { return nil }
        var isCanonical = false
        let bytes = try SecretBytes(capacity: count) { isCanonical = decode(text, into: &$0) }
        return isCanonical ? bytes : nil
    }

    /// Returns the `count` bytes of a text that is canonical and has this size.
    package func decoded<let count: Int>(_ text: Span<UInt8>) -> InlineArray<count, UInt8>? {
        guard Self.decodedCount(text.count) == count else { return nil }
        var isCanonical = false
        let bytes = InlineArray<count, UInt8> { isCanonical = decode(text, into: &$0) }
        return isCanonical ? bytes : nil
    }

    /// Returns whether `text` is canonical.
    package func isCanonical(_ text: Span<UInt8>) -> Bool {
        guard Self.decodedCount(text.count) != nil else { return false }
        let values = values.span
        var bits: UInt8 = 0
        for index in text.indices { bits |= values[Int(text[index])] }
        guard let last = text.indices.last else { return true }
        return bits < 64 && values[Int(text[last])] & Self.strayBits(characterCount: text.count) == 0
    }

    /// Returns the bits of the last character's value that encode nothing, as a mask.
    private static func strayBits(characterCount: Int) -> UInt8 {
        switch characterCount % 4 {
        case 2: 0b1111
        case 3: 0b11
        default: 0
        }
    }

    /// Appends the bytes of `text` and returns whether it is canonical.
    ///
    /// `bytes` must have room for ``decodedCount(_:)`` bytes, and this function always appends so many.
    private func decode(_ text: Span<UInt8>, into bytes: inout OutputSpan<UInt8>) -> Bool {
        let values = values.span
        var at = 0
        // One check for all characters: 0xFF sets the two high bits, which the values 0 to 63 leave clear.
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
        return bits < 64 && (rest == 3 ? c : b) & Self.strayBits(characterCount: rest) == 0
    }
}
