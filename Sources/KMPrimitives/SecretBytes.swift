internal import CKMOpenSSL

/// Secret bytes: in memory of their own that is cleansed when the last copy of this value goes, compared in constant
/// time, and never printed.
///
/// Copies share the memory. The bytes are reached through ``withBytes(_:)`` alone; what a caller copies out of there is
/// the caller's to cleanse.
public struct SecretBytes: Sendable {
    private let storage: SecretStorage

    /// How many bytes.
    public var count: Int { storage.count }

    /// Copies `bytes`; the original stays the caller's, who should not keep it longer than needed.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory is short.
    public init(copying bytes: Span<UInt8>) throws {
        storage = try SecretStorage(count: bytes.count)
        unsafe storage.withMutableBytes { target in
            for index in bytes.indices { unsafe target[index] = bytes[index] }
        }
    }

    /// Copies `bytes`; the original stays the caller's, who should not keep it longer than needed.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory is short.
    public init(copying bytes: [UInt8]) throws {
        try self.init(copying: bytes.span)
    }

    /// `count` fresh random bytes.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when there are no random bytes or no memory, `invalidSize` when
    ///   `count` is negative.
    public init(randomCount count: Int) throws {
        guard count >= 0 else { throw KMError(.invalidSize, "a negative number of random bytes") }
        storage = try SecretStorage(count: count)
        let done = unsafe storage.withMutableBytes { unsafe km_random($0.baseAddress, $0.count) }
        guard done == 1 else { throw KMError(.cryptographyUnavailable, "no random bytes from OpenSSL") }
    }

    /// Bytes that `initialize` writes; the memory is zeroed before.
    package init(count: Int, initialize: (inout MutableSpan<UInt8>) throws -> Void) throws {
        storage = try SecretStorage(count: count)
        try unsafe storage.withMutableBytes { target in
            var span = unsafe MutableSpan(_unsafeElements: target)
            try initialize(&span)
        }
    }

    /// Bytes that `initialize` appends; it has to fill the capacity, or what is left stays zero.
    package init(capacity: Int, initialize: (inout OutputSpan<UInt8>) throws -> Void) throws {
        storage = try SecretStorage(count: capacity)
        try unsafe storage.withMutableBytes { target in
            var span = unsafe OutputSpan(buffer: target, initializedCount: 0)
            try initialize(&span)
            _ = unsafe span.finalize(for: target)
        }
    }

    /// Takes over memory that was written already.
    init(_ storage: SecretStorage) {
        self.storage = storage
    }

    /// Takes over memory that the shim allocated.
    init(adopting memory: UnsafeMutablePointer<UInt8>, count: Int) {
        unsafe storage = SecretStorage(adopting: memory, count: count)
    }

    /// Calls `body` with the bytes, which it must not keep.
    public func withBytes<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
        try unsafe storage.withBytes { bytes in
            try body(unsafe Span(_unsafeElements: bytes))
        }
    }

    /// The bytes of `range` as a secret of their own.
    package func extracting(_ range: Range<Int>) throws -> SecretBytes {
        try withBytes { try SecretBytes(copying: $0.extracting(range)) }
    }
}

extension SecretBytes: Equatable {
    /// Whether both hold the same bytes; the time it takes tells their lengths only.
    public static func == (left: SecretBytes, right: SecretBytes) -> Bool {
        left.withBytes { leftBytes in
            right.withBytes { constantTimeEquals(leftBytes, $0) }
        }
    }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Tells the size alone.
    public var description: String { "SecretBytes(\(count) bytes, redacted)" }

    /// Tells the size alone.
    public var debugDescription: String { description }

    /// Shows no children, so that `dump` prints no bytes.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The one owner of a secret's memory.
///
/// `@unchecked Sendable`: the memory is written, and trimmed, before its one owner shares the object, and only read after.
@safe final class SecretStorage: @unchecked Sendable {
    private let memory: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private(set) var count: Int

    init(count: Int) throws {
        guard let memory = unsafe km_secret_allocate(count) else {
            throw KMError(.cryptographyUnavailable, "no memory for a secret")
        }
        unsafe self.memory = memory.assumingMemoryBound(to: UInt8.self)
        (self.count, capacity) = (count, count)
    }

    init(adopting memory: UnsafeMutablePointer<UInt8>, count: Int) {
        unsafe self.memory = memory
        (self.count, capacity) = (count, count)
    }

    deinit {
        unsafe km_secret_free(memory, capacity)
    }

    /// Leaves the first `count` bytes in reach; what is behind them is cleansed with them.
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
