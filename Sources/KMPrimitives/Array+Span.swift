extension [UInt8] {
    /// Appends the bytes of a span, as fast as memory is copied.
    package mutating func append(copying bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
