internal import CKMOpenSSL

/// Secret bytes that are cleansed when released, compared in constant time, and never printed.
///
/// Copies of a value share its memory, which is cleansed (overwritten with zeros) when the last copy is released. You
/// can read the bytes only with ``withBytes(_:)``. If you copy them from there, you must cleanse your copy.
public struct SecretBytes: Sendable {
    private let storage: SecretStorage

    /// The number of bytes.
    public var count: Int { storage.count }

    /// Copies bytes from a span into secret memory.
    ///
    /// The original is not cleansed. Do not keep it longer than you need it.
    ///
    /// - Parameter bytes: The bytes to copy.
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory runs out.
    public init(copying bytes: Span<UInt8>) throws {
        storage = try SecretStorage(count: bytes.count)
        unsafe storage.withMutableBytes { target in
            for index in bytes.indices { unsafe target[index] = bytes[index] }
        }
    }

    /// Copies bytes from an array into secret memory.
    ///
    /// The original is not cleansed. Do not keep it longer than you need it.
    ///
    /// - Parameter bytes: The bytes to copy.
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory runs out.
    public init(copying bytes: [UInt8]) throws {
        try self.init(copying: bytes.span)
    }

    /// Creates a secret of random bytes, for example a key.
    ///
    /// - Parameter count: The number of bytes, 0 or more.
    /// - Throws: ``KMError`` `invalidSize` when `count` is negative; `cryptographyUnavailable` when OpenSSL has no
    ///   random bytes or no memory.
    public init(randomCount count: Int) throws {
        guard count >= 0 else {
            throw KMError(.invalidSize, "the number of random bytes must not be negative; got \(count)")
        }
        storage = try SecretStorage(count: count)
        let result = unsafe storage.withMutableBytes { unsafe km_random($0.count, $0.baseAddress) }
        guard result == KM_OK else { throw KMError(.cryptographyUnavailable, "OpenSSL could not provide random bytes") }
    }

    /// Creates a secret of `count` bytes that `initialize` writes into zeroed memory.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory runs out; otherwise the errors of `initialize`.
    package init(count: Int, initialize: (inout MutableSpan<UInt8>) throws -> Void) throws {
        storage = try SecretStorage(count: count)
        try unsafe storage.withMutableBytes { target in
            var span = unsafe MutableSpan(_unsafeElements: target)
            try initialize(&span)
        }
    }

    /// Creates a secret of `capacity` bytes that `initialize` appends.
    ///
    /// The secret always has `capacity` bytes. Bytes that `initialize` does not append are zero.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory runs out; otherwise the errors of `initialize`.
    package init(capacity: Int, initialize: (inout OutputSpan<UInt8>) throws -> Void) throws {
        storage = try SecretStorage(count: capacity)
        try unsafe storage.withMutableBytes { target in
            var span = unsafe OutputSpan(buffer: target, initializedCount: 0)
            try initialize(&span)
            _ = unsafe span.finalize(for: target)
        }
    }

    /// Takes ownership of memory that has already been written.
    init(_ storage: SecretStorage) {
        self.storage = storage
    }

    /// Takes ownership of memory that the C shim allocated.
    init(adopting memory: UnsafeMutablePointer<UInt8>, count: Int) {
        unsafe storage = SecretStorage(adopting: memory, count: count)
    }

    /// Calls `body` with the bytes, which it must not keep after it returns.
    ///
    /// - Parameter body: The closure that reads the bytes.
    /// - Returns: The result of `body`.
    public func withBytes<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
        try unsafe storage.withBytes { bytes in
            try body(unsafe Span(_unsafeElements: bytes))
        }
    }

    /// Copies the bytes in `range` into a new secret.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory runs out.
    package func extracting(_ range: Range<Int>) throws -> SecretBytes {
        try withBytes { try SecretBytes(copying: $0.extracting(range)) }
    }
}

extension SecretBytes: Equatable {
    /// Returns whether two secrets have the same bytes, in time that depends only on their lengths.
    public static func == (left: SecretBytes, right: SecretBytes) -> Bool {
        left.withBytes { leftBytes in
            right.withBytes { constantTimeEquals(leftBytes, $0) }
        }
    }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The size only.
    public var description: String { "SecretBytes(\(count) bytes, redacted)" }

    /// The size only.
    public var debugDescription: String { description }

    /// A mirror without children, so that `dump` prints no bytes.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
