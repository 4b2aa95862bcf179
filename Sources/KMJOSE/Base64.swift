public import KMPrimitives

/// Encodes and decodes canonical Base64 (RFC 4648) without padding, in the URL-safe or the standard alphabet.
///
/// Decoding rejects padding, white space, and nonzero unused bits in the last character. Every byte sequence has
/// exactly one accepted text, so any change to the text is either rejected or changes the bytes.
///
/// Eight characters are computed at once, each in a byte of a word, without tables and without branches.
public struct Base64: Sendable {
    /// The URL-safe alphabet (RFC 4648 section 5), which JOSE uses (RFC 7515 section 2).
    public static let url = Base64(UInt8(ascii: "-"), UInt8(ascii: "_"))

    /// The standard alphabet (RFC 4648 section 4).
    ///
    /// The caller adds padding after encoding and removes it before decoding.
    public static let standard = Base64(UInt8(ascii: "+"), UInt8(ascii: "/"))

    private let alphabet: Base64Alphabet

    private init(_ last: UInt8, _ veryLast: UInt8) {
        alphabet = Base64Alphabet(last, veryLast)
    }

    /// Returns the number of characters that `byteCount` bytes are encoded in, without padding.
    public static func encodedCount(_ byteCount: Int) -> Int { (byteCount * 4 + 2) / 3 }

    /// Returns the number of bytes that `characterCount` characters decode to, or nil if no text has this length.
    public static func decodedCount(_ characterCount: Int) -> Int? {
        characterCount % 4 == 1 ? nil : characterCount / 4 * 3 + max(0, characterCount % 4 - 1)
    }

    /// Appends the Base64 text of `bytes`.
    public func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        let start = output.count
        output.append(zeros: Self.encodedCount(bytes.count))
        var text = output.mutableSpan
        write(bytes, to: &text, at: start)
    }

    /// Writes the Base64 text of `bytes` into `text` from index `start` on.
    ///
    /// `text` must have room for ``encodedCount(_:)`` characters.
    package func write(_ bytes: Span<UInt8>, to text: inout MutableSpan<UInt8>, at start: Int) {
        precondition(start >= 0 && start + Self.encodedCount(bytes.count) <= text.count, "the text must have room")
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe text.withUnsafeMutableBytes { text in
                guard let source = bytes.baseAddress, let target = text.baseAddress else { return }
                unsafe encode(source, bytes.count, to: target + start)
            }
        }
    }

    /// Replaces bytes of `text` by their Base64 text.
    ///
    /// The bytes must be the last `count` bytes of the room for their text, which begins at `start` and has
    /// ``encodedCount(_:)`` characters. Writing then never overtakes reading.
    package func writeInPlace(_ count: Int, in text: inout MutableSpan<UInt8>, at start: Int) {
        let end = start + Self.encodedCount(count)
        precondition(start >= 0 && count >= 0 && end <= text.count, "the text must have room")
        unsafe text.withUnsafeMutableBytes { text in
            guard let target = text.baseAddress else { return }
            unsafe encode(target + end - count, count, to: target + start)
        }
    }

    /// Encodes `count` bytes. `target` may overlap `source` as in ``writeInPlace(_:in:at:)``.
    private func encode(_ source: UnsafeRawPointer, _ count: Int, to target: UnsafeMutableRawPointer) {
        var (at, place) = (0, 0)
        while at &+ 8 <= count {
            let word = unsafe UInt64(bigEndian: source.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let characters = alphabet.characters(ofSixBytes: word)
            unsafe target.storeBytes(of: characters.bigEndian, toByteOffset: place, as: UInt64.self)
            at &+= 6
            place &+= 8
        }
        // The last bytes, padded with zeros; only the characters that encode them are written.
        while at < count {
            let next = min(at &+ 6, count)
            var word: UInt64 = 0
            for index in at..<next { word = unsafe word << 8 | UInt64(source.load(fromByteOffset: index, as: UInt8.self)) }
            var characters = alphabet.characters(ofSixBytes: word << UInt64(64 &- 8 &* (next &- at)))
            for place in place..<place &+ Self.encodedCount(next &- at) {
                characters = characters.rotated(left: 8)
                unsafe target.storeBytes(of: UInt8(truncatingIfNeeded: characters), toByteOffset: place, as: UInt8.self)
            }
            at = next
            place &+= 8
        }
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
        var bytes: [UInt8] = []
        bytes.append(zeros: count)
        var span = bytes.mutableSpan
        return decode(text, into: &span) ? bytes : nil
    }

    /// Decodes `text` into secret memory, or returns nil if it is not canonical.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory is short.
    public func decodeSecret(_ text: Span<UInt8>) throws -> SecretBytes? {
        guard let count = Self.decodedCount(text.count) else { return nil }
        var isCanonical = false
        let bytes = try SecretBytes(count: count) { isCanonical = decode(text, into: &$0) }
        return isCanonical ? bytes : nil
    }

    /// Returns the `count` bytes of a text that is canonical and has this size.
    package func decoded<let count: Int>(_ text: Span<UInt8>) -> InlineArray<count, UInt8>? {
        guard Self.decodedCount(text.count) == count else { return nil }
        var bytes = InlineArray<count, UInt8>(repeating: 0)
        var span = bytes.mutableSpan
        return decode(text, into: &span) ? bytes : nil
    }

    /// Returns whether `text` is canonical.
    package func isCanonical(_ text: Span<UInt8>) -> Bool {
        guard Self.decodedCount(text.count) != nil else { return false }
        return unsafe text.withUnsafeBytes { text in
            guard let source = text.baseAddress else { return true }
            var (at, areValid) = (0, Base64Alphabet.allValid)
            while at &+ 8 <= text.count {
                let word = unsafe UInt64(bigEndian: source.loadUnaligned(fromByteOffset: at, as: UInt64.self))
                areValid &= alphabet.validity(ofCharacters: word)
                at &+= 8
            }
            guard areValid == Base64Alphabet.allValid else { return false }
            return unsafe Self.rest(source, at, text.count) { alphabet.value(ofLast: $0, count: text.count &- at) != nil }
        }
    }

    /// Writes the bytes of `text` and returns whether it is canonical.
    ///
    /// `bytes` must have ``decodedCount(_:)`` bytes.
    private func decode(_ text: Span<UInt8>, into bytes: inout MutableSpan<UInt8>) -> Bool {
        precondition(Self.decodedCount(text.count) == bytes.count, "the bytes must have the size of the text")
        return unsafe text.withUnsafeBytes { text in
            unsafe bytes.withUnsafeMutableBytes { bytes in
                guard let source = text.baseAddress, let target = bytes.baseAddress else { return true }
                var (at, place, areValid) = (0, 0, Base64Alphabet.allValid)
                // A store writes two bytes too many, which the next one overwrites.
                while place &+ 8 <= bytes.count {
                    let word = unsafe UInt64(bigEndian: source.loadUnaligned(fromByteOffset: at, as: UInt64.self))
                    let (value, validity) = alphabet.value(ofCharacters: word)
                    areValid &= validity
                    unsafe target.storeBytes(of: value.bigEndian, toByteOffset: place, as: UInt64.self)
                    at &+= 8
                    place &+= 6
                }
                guard areValid == Base64Alphabet.allValid else { return false }
                while at < text.count {
                    let end = min(at &+ 8, text.count)
                    guard let last = unsafe Self.rest(source, at, end, { alphabet.value(ofLast: $0, count: end &- at) })
                    else { return false }
                    var value = last
                    for place in place..<min(place &+ 6, bytes.count) {
                        value = value.rotated(left: 8)
                        unsafe target.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: place, as: UInt8.self)
                    }
                    at = end
                    place &+= 6
                }
                return true
            }
        }
    }

    /// Calls `body` with the characters from `start` to `end`, at most eight, at the high end of a word.
    @inline(__always)
    private static func rest<Result>(
        _ source: UnsafeRawPointer,
        _ start: Int,
        _ end: Int,
        _ body: (UInt64) -> Result
    ) -> Result {
        var word: UInt64 = 0
        for index in start..<end { word = unsafe word << 8 | UInt64(source.load(fromByteOffset: index, as: UInt8.self)) }
        return body(end == start ? 0 : word << UInt64(64 &- 8 &* (end &- start)))
    }
}

extension UInt64 {
    fileprivate func rotated(left count: UInt64) -> UInt64 { self << count | self >> (64 &- count) }
}
