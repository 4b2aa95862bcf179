internal import CKMOpenSSL

/// AES-128-GCM and AES-256-GCM authenticated encryption (NIST SP 800-38D) with 96-bit IVs and 128-bit tags.
///
/// The key is expanded once for the messages of one task after another. Several tasks can use a cipher at the same time,
/// without a lock; each then expands the key for itself.
///
/// Other IV and tag sizes are not supported. Never use the same IV twice with one key. With random IVs, encrypt at most
/// 2^32 messages per key (SP 800-38D section 8.3).
@safe package final class AESGCM: Sendable {
    /// The size of an IV in bytes: 12.
    package static let ivByteCount = Int(KM_GCM_IV_SIZE)
    /// The size of a tag in bytes: 16.
    package static let tagByteCount = Int(KM_GCM_TAG_SIZE)
    /// The maximum size of one message in bytes: 2^36 - 32.
    package static let maximumByteCount = (1 << 36) - 32

    // `nonisolated(unsafe)`: several threads can use it at the same time (CKMOpenSSL.h). It is freed once, in `deinit`.
    private nonisolated(unsafe) let handle: OpaquePointer

    /// Creates a cipher from a key of 16 bytes (AES-128) or 32 bytes (AES-256).
    ///
    /// - Throws: ``KMError`` `invalidSize` when the key has any other size; `cryptographyUnavailable` when memory runs
    ///   out.
    package convenience init(key: SecretBytes) throws {
        guard key.count == 16 || key.count == 32 else {
            throw KMError(.invalidSize, "an AES-GCM key must be 16 or 32 bytes; got \(key.count)")
        }
        var made: OpaquePointer?
        let result = key.withBytes { key in
            unsafe key.withUnsafeBufferPointer { unsafe km_aes_gcm_create($0.start, $0.count, &made) }
        }
        try unsafe self.init(adopting: result == KM_OK ? made : nil)
    }

    private init(adopting made: OpaquePointer?) throws {
        guard let made = unsafe made else {
            throw KMError(.cryptographyUnavailable, "there is no memory for an AES-GCM key")
        }
        unsafe handle = made
    }

    deinit {
        unsafe km_aes_gcm_free(handle)
    }

    /// Returns an independent cipher with the same key.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory runs out.
    package func copy() throws -> AESGCM {
        var made: OpaquePointer?
        let result = unsafe km_aes_gcm_copy(handle, &made)
        return try unsafe AESGCM(adopting: result == KM_OK ? made : nil)
    }

    /// Writes a random IV into 12 bytes of a text.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL has no random bytes.
    package static func writeRandomIV(to iv: inout MutableSpan<UInt8>) throws {
        try check(ivByteCount: iv.count)
        let result = unsafe iv.withUnsafeMutableBufferPointer { iv in
            guard let start = iv.baseAddress else { return KM_MISUSED }
            return unsafe km_random_iv(start)
        }
        guard result == KM_OK else {
            throw KMError(.cryptographyUnavailable, "OpenSSL could not provide random bytes")
        }
    }

    /// Encrypts `plaintext` and authenticates it together with `associatedData`.
    ///
    /// - Returns: The ciphertext, which is as long as the plaintext, and the 16-byte tag.
    /// - Throws: ``KMError`` `invalidSize` when the IV is not 12 bytes or the plaintext is longer than
    ///   ``maximumByteCount``; `cryptographyUnavailable` when OpenSSL fails.
    package func seal(
        _ plaintext: Span<UInt8>,
        iv: Span<UInt8>,
        associatedData: Span<UInt8>
    ) throws -> (ciphertext: [UInt8], tag: [UInt8]) {
        var text = [UInt8](copying: associatedData)
        text.append(contentsOf: repeatElement(0, count: plaintext.count + Self.tagByteCount))
        let count = associatedData.count
        var span = text.mutableSpan
        try seal(plaintext, iv: iv, associatedData: 0..<count, in: &span, at: count)
        let tag = count + plaintext.count
        return (Array(text[count..<tag]), Array(text[tag...]))
    }

    /// Encrypts `plaintext` into a text that contains the associated data.
    ///
    /// - Parameters:
    ///   - plaintext: The content.
    ///   - iv: The IV.
    ///   - associatedData: The place of the associated data in the text.
    ///   - text: The text.
    ///   - start: The place for the ciphertext and the 16-byte tag, after the associated data.
    /// - Throws: ``KMError`` `invalidSize` when the IV is not 12 bytes, the plaintext is longer than
    ///   ``maximumByteCount``, or a place is not in the text; `cryptographyUnavailable` when OpenSSL fails.
    package func seal(
        _ plaintext: Span<UInt8>,
        iv: Span<UInt8>,
        associatedData: Range<Int>,
        in text: inout MutableSpan<UInt8>,
        at start: Int
    ) throws {
        try Self.check(ivByteCount: iv.count)
        try Self.check(byteCount: plaintext.count)
        guard associatedData.lowerBound >= 0, associatedData.upperBound <= start,
            start + plaintext.count + Self.tagByteCount <= text.count
        else { throw KMError(.invalidSize, "the text has no room for the ciphertext after the associated data") }
        let result = unsafe text.withUnsafeMutableBufferPointer { text in
            guard let base = text.baseAddress else { return KM_MISUSED }
            return unsafe plaintext.withUnsafeBufferPointer { plaintext in
                unsafe iv.withUnsafeBufferPointer { iv in
                    unsafe km_aes_gcm_seal(
                        handle,
                        iv.start,
                        base + associatedData.lowerBound,
                        associatedData.count,
                        plaintext.baseAddress,
                        plaintext.count,
                        base + start,
                        base + start + plaintext.count
                    )
                }
            }
        }
        guard result == KM_OK else {
            throw KMError(.cryptographyUnavailable, "OpenSSL could not encrypt with AES-GCM")
        }
    }

    /// Verifies the tag and decrypts `ciphertext`.
    ///
    /// When the tag is wrong, no part of the plaintext is returned.
    ///
    /// - Throws: ``KMError`` `authenticationFailed` when the tag does not match the ciphertext and the associated data
    ///   under this key and IV; `invalidSize` when the IV is not 12 bytes, the tag is not 16 bytes, or the ciphertext
    ///   is longer than ``maximumByteCount``; `cryptographyUnavailable` when OpenSSL cannot prepare the key.
    package func open(
        _ ciphertext: Span<UInt8>,
        tag: Span<UInt8>,
        iv: Span<UInt8>,
        associatedData: Span<UInt8>
    ) throws -> [UInt8] {
        var text = [UInt8](copying: ciphertext)
        var span = text.mutableSpan
        try open(&span, tag: tag, iv: iv, associatedData: associatedData)
        return text
    }

    /// Verifies the tag and decrypts a ciphertext in its place.
    ///
    /// When the tag is wrong, the text is cleansed.
    ///
    /// - Throws: ``KMError`` as ``open(_:tag:iv:associatedData:)-(Span<UInt8>,_,_,_)``.
    package func open(
        _ text: inout MutableSpan<UInt8>,
        tag: Span<UInt8>,
        iv: Span<UInt8>,
        associatedData: Span<UInt8>
    ) throws {
        try Self.check(ivByteCount: iv.count)
        try Self.check(byteCount: text.count)
        guard tag.count == Self.tagByteCount else {
            throw KMError(.invalidSize, "an AES-GCM tag must be \(Self.tagByteCount) bytes; got \(tag.count)")
        }
        let result = unsafe text.withUnsafeMutableBufferPointer { text in
            unsafe tag.withUnsafeBufferPointer { tag in
                unsafe iv.withUnsafeBufferPointer { iv in
                    unsafe associatedData.withUnsafeBufferPointer { associatedData in
                        unsafe km_aes_gcm_open(
                            handle,
                            iv.start,
                            associatedData.baseAddress,
                            associatedData.count,
                            UnsafePointer(text.baseAddress),
                            text.count,
                            tag.start,
                            text.baseAddress
                        )
                    }
                }
            }
        }
        switch result {
        case KM_OK: return
        case KM_NOT_AUTHENTIC: throw KMError(.authenticationFailed)
        default: throw KMError(.cryptographyUnavailable, "OpenSSL could not prepare an AES-GCM key")
        }
    }

    /// Verifies the tag and decrypts `ciphertext`, which must not be empty, into secret memory.
    ///
    /// - Throws: ``KMError`` as ``open(_:tag:iv:associatedData:)-(Span<UInt8>,_,_,_)``, and `invalidSize` for an empty
    ///   ciphertext.
    package func openSecret(
        _ ciphertext: Span<UInt8>,
        tag: Span<UInt8>,
        iv: Span<UInt8>,
        associatedData: Span<UInt8>
    ) throws -> SecretBytes {
        guard !ciphertext.isEmpty else { throw KMError(.invalidSize, "there must be a ciphertext") }
        return try SecretBytes(count: ciphertext.count) { target in
            for index in ciphertext.indices { target[index] = ciphertext[index] }
            try open(&target, tag: tag, iv: iv, associatedData: associatedData)
        }
    }

    private static func check(ivByteCount count: Int) throws {
        guard count == ivByteCount else {
            throw KMError(.invalidSize, "an AES-GCM IV must be \(ivByteCount) bytes; got \(count)")
        }
    }

    private static func check(byteCount count: Int) throws {
        guard count <= maximumByteCount else {
            throw KMError(.invalidSize, "an AES-GCM message must be at most \(maximumByteCount) bytes; got \(count)")
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// The address of a buffer that the caller has checked to be non-empty.
    fileprivate var start: UnsafePointer<UInt8> {
        guard let baseAddress = baseAddress else { preconditionFailure("the buffer must not be empty") }
        return unsafe baseAddress
    }
}

extension AESGCM: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The name only.
    package var description: String { "AESGCM(redacted)" }

    /// The same as ``description``.
    package var debugDescription: String { description }

    /// A mirror without children, so that the key is not shown.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
