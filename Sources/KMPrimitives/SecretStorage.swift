internal import CKMOpenSSL

/// Owns the memory of a secret, and cleanses and frees it.
///
/// `@unchecked Sendable`: the memory is written and trimmed before its owner shares this object, and only read
/// afterwards.
@safe final class SecretStorage: @unchecked Sendable {
    private let memory: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private(set) var count: Int

    init(count: Int) throws {
        var allocated: UnsafeMutablePointer<UInt8>?
        guard unsafe km_secret_allocate(count, &allocated) == KM_OK, let memory = unsafe allocated else {
            throw KMError(.cryptographyUnavailable, "there is no memory for a secret")
        }
        unsafe self.memory = memory
        (self.count, capacity) = (count, count)
    }

    init(adopting memory: UnsafeMutablePointer<UInt8>, count: Int) {
        unsafe self.memory = memory
        (self.count, capacity) = (count, count)
    }

    deinit {
        unsafe km_secret_free(memory, capacity)
    }

    /// Makes only the first `count` bytes accessible; the others are cleansed together with them.
    func trim(to count: Int) {
        self.count = min(self.count, max(0, count))
    }

    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        defer { extendLifetime(self) }
        return try unsafe body(UnsafeBufferPointer(start: memory, count: count))
    }

    func withMutableBytes<Result>(_ body: (UnsafeMutableBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        defer { extendLifetime(self) }
        return try unsafe body(UnsafeMutableBufferPointer(start: memory, count: count))
    }
}

/// Overwrites `bytes` with zeros in a way that the compiler cannot optimize away (`OPENSSL_cleanse`).
package func cleanse(_ bytes: inout MutableSpan<UInt8>) {
    unsafe bytes.withUnsafeMutableBytes { unsafe km_cleanse($0.baseAddress, $0.count) }
}

/// Returns whether two byte strings are equal, in time that depends only on their lengths (`CRYPTO_memcmp`).
package func constantTimeEquals(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    return unsafe left.withUnsafeBufferPointer { leftBytes in
        unsafe right.withUnsafeBufferPointer { rightBytes in
            unsafe km_equal(leftBytes.baseAddress, rightBytes.baseAddress, leftBytes.count)
        }
    }
}

/// Returns whether two byte strings are equal, in time that depends only on their lengths (`CRYPTO_memcmp`).
package func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    constantTimeEquals(left.span, right.span)
}
