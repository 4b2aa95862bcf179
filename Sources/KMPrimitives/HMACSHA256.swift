internal import CKMOpenSSL

/// HMAC with SHA-256 (RFC 2104, FIPS 198-1) under one key, whose share of the work is done once.
///
/// Make one for a key and keep it; it may be used from several tasks at once, without a lock.
@safe package final class HMACSHA256: Sendable {
    /// A MAC of 32 bytes, compared in constant time and printed redacted.
    package struct MAC: Sendable {
        /// The size of every MAC in bytes: 32.
        package static let byteCount = 32

        private var bytes: InlineArray<32, UInt8>

        /// Takes 32 bytes; nil for any other number.
        package init?(_ bytes: Span<UInt8>) {
            guard bytes.count == Self.byteCount else { return nil }
            self.bytes = InlineArray { bytes[$0] }
        }

        fileprivate init(_ bytes: InlineArray<32, UInt8>) {
            self.bytes = bytes
        }

        /// Calls `body` with the 32 bytes.
        package func withBytes<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
            try body(bytes.span)
        }

        /// The MAC as four words, the first bytes being the highest of the first word.
        package var words: InlineArray<4, UInt64> {
            var words = InlineArray<4, UInt64>(repeating: 0)
            for index in words.indices { words[index] = bytes.span.word(at: 8 * index) }
            return words
        }
    }

    // `@unchecked` in effect: the state is only read after it is made (CKMOpenSSL.h), and freed once, in deinit.
    private nonisolated(unsafe) let handle: OpaquePointer

    /// Prepares the state for `key`, of any size, none included (RFC 2104 asks for at least 32 bytes).
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package init(key: SecretBytes) throws {
        let made = unsafe key.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { unsafe km_hmac_create($0.baseAddress, $0.count) }
        }
        guard let made = unsafe made else { throw KMError(.cryptographyUnavailable, "HMAC-SHA-256") }
        unsafe handle = made
    }

    deinit {
        unsafe km_hmac_free(handle)
    }

    /// The MAC of `message`.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package func authenticate(_ message: Span<UInt8>) throws -> MAC {
        var mac = InlineArray<32, UInt8>(repeating: 0)
        var span = mac.mutableSpan
        let done = unsafe span.withUnsafeMutableBufferPointer { target in
            unsafe message.withUnsafeBufferPointer { source -> Int32 in
                guard let start = target.baseAddress else { return 0 }
                return unsafe km_hmac_compute(handle, source.baseAddress, source.count, start)
            }
        }
        guard done == 1 else { throw KMError(.cryptographyUnavailable, "HMAC-SHA-256") }
        return MAC(mac)
    }

    /// The MAC of `message`.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package func authenticate(_ message: [UInt8]) throws -> MAC {
        try authenticate(message.span)
    }

    /// Whether `mac` is the MAC of `message`; compared in constant time.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package func isValid(_ mac: MAC, for message: Span<UInt8>) throws -> Bool {
        try authenticate(message) == mac
    }
}

extension HMACSHA256.MAC: Equatable {
    /// Whether both are the same, in constant time.
    package static func == (left: Self, right: Self) -> Bool {
        constantTimeEquals(left.bytes.span, right.bytes.span)
    }
}

extension HMACSHA256.MAC: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Tells the size alone.
    package var description: String { "MAC(32 bytes, redacted)" }

    /// Tells the size alone.
    package var debugDescription: String { description }

    /// Shows no children, so that `dump` prints no bytes.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
