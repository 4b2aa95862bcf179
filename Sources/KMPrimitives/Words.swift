extension Span<UInt8> {
    /// The eight bytes at `place` and on as a number, the highest first.
    @inlinable @inline(__always)
    package func word(at place: Int) -> UInt64 {
        precondition(place >= 0 && place &+ 8 <= count, "a word outside the span")
        return unsafe withUnsafeBytes { bytes in
            unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        }
    }
}

extension MutableSpan<UInt8> {
    /// Puts the bytes of `word` at `place` and on, the highest first.
    @inlinable @inline(__always)
    package mutating func store(_ word: UInt64, at place: Int) {
        precondition(place >= 0 && place &+ 8 <= count, "a word outside the span")
        unsafe withUnsafeMutableBytes { bytes in
            unsafe bytes.storeBytes(of: word.bigEndian, toByteOffset: place, as: UInt64.self)
        }
    }
}
