/// A buffer of secret bytes that grows as you append, and that cleanses its memory whenever it releases it.
///
/// A buffer has one owner. When it is complete, ``finish()`` turns it into ``SecretBytes``.
package struct SecretBuffer: ~Copyable, Sendable {
    private var storage: SecretStorage
    /// The number of bytes in the buffer.
    package private(set) var count = 0

    /// Creates an empty buffer.
    ///
    /// - Parameter capacity: The number of bytes that you can append before the memory must grow.
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory runs out.
    package init(capacity: Int) throws {
        storage = try SecretStorage(count: capacity)
    }

    /// Appends a byte.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory runs out.
    @inline(__always)
    package mutating func append(_ byte: UInt8) throws {
        if count == storage.count { try grow(to: count + 1) }
        unsafe storage.withMutableBytes { unsafe $0[count] = byte }
        count += 1
    }

    /// Appends a copy of `bytes`.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory runs out.
    package mutating func append(copying bytes: Span<UInt8>) throws {
        guard !bytes.isEmpty else { return }
        if bytes.count > storage.count - count { try grow(to: count + bytes.count) }
        let start = count
        unsafe storage.withMutableBytes { target in
            unsafe bytes.withUnsafeBytes { source in
                let rest = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(target)[start...]
                )
                unsafe rest.copyMemory(from: source)
            }
        }
        count += bytes.count
    }

    /// Shortens the buffer to its first `count` bytes.
    ///
    /// The removed bytes stay in memory until they are overwritten or cleansed with the rest.
    package mutating func truncate(to count: Int) {
        self.count = min(self.count, max(0, count))
    }

    /// Calls `body` with the bytes, which it must not keep after it returns.
    package func withBytes<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
        try unsafe storage.withBytes { bytes in
            try body(unsafe Span(_unsafeElements: bytes).extracting(first: count))
        }
    }

    /// Returns the bytes as ``SecretBytes``, without copying them.
    package consuming func finish() -> SecretBytes {
        storage.trim(to: count)
        return SecretBytes(storage)
    }

    private mutating func grow(to needed: Int) throws {
        let larger = try SecretStorage(count: max(needed, 2 * storage.count))
        unsafe larger.withMutableBytes { target in
            unsafe storage.withBytes { source in
                unsafe UnsafeMutableRawBufferPointer(target).copyMemory(from: UnsafeRawBufferPointer(source))
            }
        }
        storage = larger
    }
}
