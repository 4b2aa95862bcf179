public import KMPrimitives

/// Encodes and decodes canonical Base64 (RFC 4648) without padding, in the URL-safe or the standard alphabet.
///
/// Decoding rejects padding, white space, and nonzero unused bits in the last character. Every byte sequence has
/// exactly one accepted text, so any change to the text is either rejected or changes the bytes.
///
/// It looks characters up in tables. The timing of such look-ups may be visible to other processes that share the CPU
/// cache, so use it for what peers may see, and for key files.
public struct Base64: Sendable {
    /// The URL-safe alphabet (RFC 4648 section 5), which JOSE uses (RFC 7515 section 2).
    public static let url = Base64(UInt8(ascii: "-"), UInt8(ascii: "_"))

    /// The standard alphabet (RFC 4648 section 4).
    ///
    /// The caller adds padding after encoding and removes it before decoding.
    public static let standard = Base64(UInt8(ascii: "+"), UInt8(ascii: "/"))

    private let tables: Base64Tables

    private init(_ last: UInt8, _ veryLast: UInt8) {
        tables = Base64Tables(last, veryLast)
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

    /// Encodes `count` bytes.
    ///
    /// `target` may overlap `source` as in ``writeInPlace(_:in:at:)``.
    private func encode(_ source: UnsafeRawPointer, _ count: Int, to target: UnsafeMutableRawPointer) {
        var (at, place) = (0, 0)
        while at &+ 8 <= count {
            let word = unsafe UInt64(bigEndian: source.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let characters = tables.characters(ofSixBytes: word)
            unsafe target.storeBytes(of: characters.bigEndian, toByteOffset: place, as: UInt64.self)
            at &+= 6
            place &+= 8
        }
        // The last bytes, padded with zeros; only the characters that encode them are written.
        while at < count {
            let rest = min(count &- at, 6)
            var word: UInt64 = 0
            for index in at..<at &+ rest {
                word = unsafe word &<< 8 | UInt64(source.load(fromByteOffset: index, as: UInt8.self))
            }
            let characters = tables.characters(ofSixBytes: word &<< UInt64(64 &- 8 &* rest))
            if rest == 6 {
                unsafe target.storeBytes(of: characters.bigEndian, toByteOffset: place, as: UInt64.self)
            } else {
                for index in 0..<Self.encodedCount(rest) {
                    let character = UInt8(truncatingIfNeeded: characters &>> UInt64(56 &- 8 &* index))
                    unsafe target.storeBytes(of: character, toByteOffset: place &+ index, as: UInt8.self)
                }
            }
            at &+= rest
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

    /// Returns whether `text` is canonical.
    package func isCanonical(_ text: Span<UInt8>) -> Bool {
        guard Self.decodedCount(text.count) != nil else { return false }
        return unsafe text.withUnsafeBytes { text in
            var at = 0
            var areValid: UInt64 = 0x8080_8080_8080_8080
            while at &+ 8 <= text.count {
                areValid &= unsafe tables.validity(text.loadUnaligned(fromByteOffset: at, as: UInt64.self))
                at &+= 8
            }
            var rest: UInt32 = 0
            if at &+ 4 <= text.count {
                rest = unsafe value(text, at)
                at &+= 4
            }
            let isLast = unsafe last(text, at) != nil
            return isLast && areValid == 0x8080_8080_8080_8080 && rest < Base64Tables.invalid
        }
    }

    /// Decodes `text` into `bytes`, and returns whether it is canonical and has the text of so many bytes.
    package func decode(_ text: Span<UInt8>, into bytes: inout MutableSpan<UInt8>) -> Bool {
        guard Self.decodedCount(text.count) == bytes.count else { return false }
        return unsafe text.withUnsafeBytes { text in
            unsafe bytes.withUnsafeMutableBytes { bytes in
                var (at, place, all) = (0, 0, UInt32(0))
                // A store writes one byte too many, which the next one overwrites.
                while place &+ 4 <= bytes.count {
                    let value = unsafe value(text, at)
                    all |= value
                    unsafe bytes.storeBytes(of: (value &<< 8).bigEndian, toByteOffset: place, as: UInt32.self)
                    at &+= 4
                    place &+= 3
                }
                if at &+ 4 <= text.count {
                    let value = unsafe value(text, at)
                    all |= value
                    for shift: UInt32 in [16, 8, 0] {
                        unsafe bytes[place] = UInt8(truncatingIfNeeded: value &>> shift)
                        place &+= 1
                    }
                    at &+= 4
                }
                guard all < Base64Tables.invalid, let last = unsafe last(text, at) else { return false }
                if place < bytes.count { unsafe bytes[place] = UInt8(truncatingIfNeeded: last &>> 16) }
                if place &+ 1 < bytes.count { unsafe bytes[place &+ 1] = UInt8(truncatingIfNeeded: last &>> 8) }
                return true
            }
        }
    }

    @inline(__always)
    private func value(_ text: UnsafeRawBufferPointer, _ at: Int) -> UInt32 {
        let word = unsafe UInt32(littleEndian: text.loadUnaligned(fromByteOffset: at, as: UInt32.self))
        return tables.value(
            UInt8(truncatingIfNeeded: word),
            UInt8(truncatingIfNeeded: word &>> 8),
            UInt8(truncatingIfNeeded: word &>> 16),
            UInt8(truncatingIfNeeded: word &>> 24)
        )
    }

    /// Returns the bytes of the last characters from `at` on, 0 to 3, as the highest of three bytes; nil if they are not
    /// canonical.
    private func last(_ text: UnsafeRawBufferPointer, _ at: Int) -> UInt32? {
        let rest = text.count - at
        guard rest > 0 else { return 0 }
        guard rest >= 2 else { return nil }
        // The characters that are missing count as A, whose value is 0.
        let third = unsafe rest == 3 ? text[at + 2] : UInt8(ascii: "A")
        let value = unsafe tables.value(text[at], text[at + 1], third, UInt8(ascii: "A"))
        let strayBits: UInt32 = rest == 3 ? 0xFF : 0xFFFF
        return value < Base64Tables.invalid && value & strayBits == 0 ? value : nil
    }
}
