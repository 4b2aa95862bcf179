extension [UInt8] {
    /// Creates an array with a copy of `span`.
    package init(copying span: Span<UInt8>) {
        self = []
        append(copying: span)
    }

    /// Appends the bytes of a span in one memory copy.
    package mutating func append(copying bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}

extension Span<UInt8> {
    /// Reads eight bytes at offset `place` as a big-endian number.
    @inlinable @inline(__always)
    package func word(at place: Int) -> UInt64 {
        precondition(place >= 0 && place &+ 8 <= count, "the word must lie within the span")
        return unsafe withUnsafeBytes { bytes in
            unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        }
    }
}

extension MutableSpan<UInt8> {
    /// Writes `word` as eight big-endian bytes at offset `place`.
    @inlinable @inline(__always)
    package mutating func store(_ word: UInt64, at place: Int) {
        precondition(place >= 0 && place &+ 8 <= count, "the word must lie within the span")
        unsafe withUnsafeMutableBytes { bytes in
            unsafe bytes.storeBytes(of: word.bigEndian, toByteOffset: place, as: UInt64.self)
        }
    }
}
