#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

extension [UInt8] {
    /// Creates an array with a copy of `span`.
    package init(copying span: Span<UInt8>) {
        self = []
        append(copying: span)
    }

    /// Appends bytes of another array in one memory copy.
    package mutating func append(_ bytes: [UInt8], _ range: Range<Int>) {
        append(copying: bytes.span.extracting(range))
    }

    /// Appends `count` zeros.
    package mutating func append(zeros count: Int) {
        // An empty array that grows by nothing would write into memory that all empty arrays share.
        guard count > 0 else { return }
        append(addingCapacity: count) { $0.append(repeating: 0, count: count) }
    }

    /// Appends the bytes of a span in one memory copy.
    package mutating func append(copying bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}

extension Span<UInt8> {
    /// Returns whether this span has the bytes of another one.
    package func isEqual(to other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        return unsafe withUnsafeBytes { own in
            unsafe other.withUnsafeBytes { other in
                guard let left = own.baseAddress, let right = other.baseAddress else { return true }
                return unsafe memcmp(left, right, own.count) == 0
            }
        }
    }

    /// Writes the bytes into `text` at offset `place` in one memory copy.
    package func write(to text: inout MutableSpan<UInt8>, at place: Int) {
        precondition(place >= 0 && place + count <= text.count, "the bytes must lie within the text")
        unsafe withUnsafeBytes { own in
            unsafe text.withUnsafeMutableBytes { text in
                guard let target = text.baseAddress, let source = own.baseAddress else { return }
                unsafe (target + place).copyMemory(from: source, byteCount: own.count)
            }
        }
    }

    /// Returns the index of the first byte that equals `byte`, from `start` on; nil if there is none.
    package func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        unsafe withUnsafeBytes { bytes in
            guard start < bytes.count, let base = bytes.baseAddress,
                let found = unsafe memchr(base + start, Int32(byte), bytes.count - start)
            else { return nil }
            return unsafe UnsafeRawPointer(found) - base
        }
    }

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
