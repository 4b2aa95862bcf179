internal import CKMOpenSSL

/// Computes SHA-256 digests (FIPS 180-4), for fingerprints and thumbprints.
package enum SHA256 {
    /// Computes the 32-byte digest of `message`.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package static func digest(_ message: [UInt8]) throws -> [UInt8] {
        let digest = unsafe filledArray(Int(KM_SHA256_SIZE)) { target in
            unsafe message.withUnsafeBufferPointer { unsafe km_sha256($0.baseAddress, $0.count, target) == KM_OK }
        }
        guard let digest else { throw KMError(.cryptographyUnavailable, "OpenSSL could not compute SHA-256") }
        return digest
    }
}

/// Computes and verifies HMAC-SHA-256 (RFC 2104, FIPS 198-1) under one key.
///
/// The key is processed once, on creation. Create one instance per key and keep it. Several tasks can use it at the
/// same time, without a lock.
@safe package final class HMACSHA256: Sendable {
    /// A 32-byte MAC, which is compared in constant time and printed redacted.
    package struct MAC: Sendable {
        /// The size of every MAC in bytes: 32.
        package static let byteCount = 32

        private var bytes: InlineArray<32, UInt8>

        /// Creates a MAC from 32 bytes, or returns nil for any other number of bytes.
        package init?(_ bytes: Span<UInt8>) {
            guard bytes.count == Self.byteCount else { return nil }
            self.bytes = InlineArray { bytes[$0] }
        }

        /// Creates a MAC from its bytes.
        package init(_ bytes: InlineArray<32, UInt8>) {
            self.bytes = bytes
        }

        /// Calls `body` with the 32 bytes.
        package func withBytes<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
            try body(bytes.span)
        }

        /// The MAC as four big-endian 64-bit words.
        package var words: InlineArray<4, UInt64> {
            var words = InlineArray<4, UInt64>(repeating: 0)
            for index in words.indices { words[index] = bytes.span.word(at: 8 * index) }
            return words
        }
    }

    // `nonisolated(unsafe)`: the state is only read after its creation (CKMOpenSSL.h), and is freed once, in `deinit`.
    private nonisolated(unsafe) let handle: OpaquePointer

    /// Prepares the HMAC state for a key.
    ///
    /// The key can have any size, even 0 bytes. RFC 2104 recommends at least 32 bytes.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package init(key: SecretBytes) throws {
        var made: OpaquePointer?
        let result = key.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { unsafe km_hmac_create($0.baseAddress, $0.count, &made) }
        }
        guard result == KM_OK, let made = unsafe made else {
            throw KMError(.cryptographyUnavailable, "OpenSSL could not prepare an HMAC-SHA-256 key")
        }
        unsafe handle = made
    }

    deinit {
        unsafe km_hmac_free(handle)
    }

    /// Computes the MAC of `message`.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package func authenticate(_ message: Span<UInt8>) throws -> MAC {
        var mac = InlineArray<32, UInt8>(repeating: 0)
        var span = mac.mutableSpan
        let result = unsafe span.withUnsafeMutableBufferPointer { target in
            unsafe message.withUnsafeBufferPointer { source in
                guard let start = target.baseAddress else { return KM_FAILED }
                return unsafe km_hmac_compute(handle, source.baseAddress, source.count, start)
            }
        }
        guard result == KM_OK else {
            throw KMError(.cryptographyUnavailable, "OpenSSL could not compute HMAC-SHA-256")
        }
        return MAC(mac)
    }

    /// Computes the MAC of `message`.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package func authenticate(_ message: [UInt8]) throws -> MAC {
        try authenticate(message.span)
    }

    /// Returns whether `mac` is the MAC of `message`, comparing in constant time.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package func isValid(_ mac: MAC, for message: Span<UInt8>) throws -> Bool {
        try authenticate(message) == mac
    }
}

extension HMACSHA256.MAC: Equatable {
    /// Returns whether two MACs are equal, in constant time.
    package static func == (left: Self, right: Self) -> Bool {
        constantTimeEquals(left.bytes.span, right.bytes.span)
    }
}

extension HMACSHA256.MAC: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The size only.
    package var description: String { "MAC(32 bytes, redacted)" }

    /// The size only.
    package var debugDescription: String { description }

    /// A mirror without children, so that `dump` prints no bytes.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
