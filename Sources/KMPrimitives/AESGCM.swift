internal import CKMOpenSSL

/// AES-128-GCM and AES-256-GCM authenticated encryption (NIST SP 800-38D) with 96-bit IVs and 128-bit tags.
///
/// Other IV and tag sizes are not supported. Never use the same IV twice with one key. With random IVs, encrypt at most
/// 2^32 messages per key (SP 800-38D section 8.3).
package struct AESGCM: Sendable {
    /// The size of an IV in bytes: 12.
    package static let ivByteCount = Int(KM_GCM_IV_SIZE)
    /// The size of a tag in bytes: 16.
    package static let tagByteCount = Int(KM_GCM_TAG_SIZE)
    /// The maximum size of one message in bytes: 2^36 - 32.
    package static let maximumByteCount = (1 << 36) - 32

    private let key: SecretBytes

    /// Creates a cipher from a key of 16 bytes (AES-128) or 32 bytes (AES-256).
    ///
    /// - Throws: ``KMError`` `invalidSize` when the key has any other size.
    package init(key: SecretBytes) throws {
        guard key.count == 16 || key.count == 32 else {
            throw KMError(.invalidSize, "an AES-GCM key must be 16 or 32 bytes; got \(key.count)")
        }
        self.key = key
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
        var sealed: [UInt8] = []
        try Sealer(key).seal(plaintext, iv: iv, associatedData: associatedData, appendingTo: &sealed)
        return (Array(sealed[..<plaintext.count]), Array(sealed[plaintext.count...]))
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
        try Opener(key).open(ciphertext, tag: tag, iv: iv, associatedData: associatedData)
    }

    /// Verifies the tag and decrypts `ciphertext`, which must not be empty, into secret memory.
    ///
    /// - Throws: ``KMError`` as ``open(_:tag:iv:associatedData:)``; `cryptographyUnavailable` when memory runs out.
    package func openSecret(
        _ ciphertext: Span<UInt8>,
        tag: Span<UInt8>,
        iv: Span<UInt8>,
        associatedData: Span<UInt8>
    ) throws -> SecretBytes {
        let opener = try Opener(key)
        try Self.check(iv: iv, count: ciphertext.count)
        guard !ciphertext.isEmpty, tag.count == Self.tagByteCount else {
            throw KMError(.invalidSize, "there must be a ciphertext, and a tag of \(Self.tagByteCount) bytes")
        }
        return try SecretBytes(count: ciphertext.count) { target in
            let isDone = unsafe target.withUnsafeMutableBufferPointer { target in
                guard let start = target.baseAddress else { return false }
                return unsafe opener.decrypt(ciphertext, tag, iv, associatedData, to: start)
            }
            guard isDone else { throw KMError(.authenticationFailed) }
        }
    }

    /// Creates a sealer, which encrypts several messages with this key, one after another.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package func sealer() throws -> Sealer { try Sealer(key) }

    /// Creates an opener, which decrypts several messages with this key, one after another.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package func opener() throws -> Opener { try Opener(key) }

    fileprivate static func check(iv: Span<UInt8>, count: Int) throws {
        guard iv.count == ivByteCount else {
            throw KMError(.invalidSize, "an AES-GCM IV must be \(ivByteCount) bytes; got \(iv.count)")
        }
        guard count <= maximumByteCount else {
            throw KMError(.invalidSize, "an AES-GCM message must be at most \(maximumByteCount) bytes; got \(count)")
        }
    }
}

extension AESGCM {
    /// Encrypts several messages with one key, one after another.
    ///
    /// The key is expanded only once. A sealer is not `Sendable`: use it from one task at a time.
    @safe package final class Sealer {
        private let handle: OpaquePointer

        fileprivate init(_ key: SecretBytes) throws {
            unsafe handle = try AESGCM.handle(key, KM_SEAL)
        }

        deinit {
            unsafe km_aes_gcm_free(handle)
        }

        /// Encrypts `plaintext` and appends the ciphertext and the tag to `output`.
        ///
        /// See ``AESGCM/seal(_:iv:associatedData:)``.
        ///
        /// - Throws: ``KMError`` `invalidSize` when the IV is not 12 bytes or the plaintext is longer than
        ///   ``AESGCM/maximumByteCount``; `cryptographyUnavailable` when OpenSSL fails.
        package func seal(
            _ plaintext: Span<UInt8>,
            iv: Span<UInt8>,
            associatedData: Span<UInt8>,
            appendingTo output: inout [UInt8]
        ) throws {
            try AESGCM.check(iv: iv, count: plaintext.count)
            let count = plaintext.count + AESGCM.tagByteCount
            var done = false
            output.append(addingCapacity: count) { output in
                unsafe output.withUnsafeMutableBufferPointer { target, initialized in
                    guard let start = target.baseAddress else { return }
                    let place = unsafe start + initialized
                    done = unsafe withInputs(iv, associatedData, plaintext) { iv, associatedData, plaintext in
                        unsafe km_aes_gcm_seal(
                            handle,
                            iv.start,
                            associatedData.baseAddress,
                            associatedData.count,
                            plaintext.baseAddress,
                            plaintext.count,
                            place,
                            place + plaintext.count
                        ) == KM_OK
                    }
                    if done { initialized += count }
                }
            }
            guard done else { throw KMError(.cryptographyUnavailable, "OpenSSL could not encrypt with AES-GCM") }
        }
    }

    /// Decrypts several messages with one key, one after another.
    ///
    /// The key is expanded only once. An opener is not `Sendable`: use it from one task at a time.
    @safe package final class Opener {
        private let handle: OpaquePointer

        fileprivate init(_ key: SecretBytes) throws {
            unsafe handle = try AESGCM.handle(key, KM_OPEN)
        }

        deinit {
            unsafe km_aes_gcm_free(handle)
        }

        /// Verifies the tag and decrypts `ciphertext`; see ``AESGCM/open(_:tag:iv:associatedData:)``.
        ///
        /// - Throws: ``KMError`` `authenticationFailed` when the tag does not match; `invalidSize` when the IV is not
        ///   12 bytes, the tag is not 16 bytes, or the ciphertext is longer than ``AESGCM/maximumByteCount``.
        package func open(
            _ ciphertext: Span<UInt8>,
            tag: Span<UInt8>,
            iv: Span<UInt8>,
            associatedData: Span<UInt8>
        ) throws -> [UInt8] {
            try AESGCM.check(iv: iv, count: ciphertext.count)
            guard tag.count == AESGCM.tagByteCount else {
                throw KMError(.invalidSize, "an AES-GCM tag must be \(AESGCM.tagByteCount) bytes; got \(tag.count)")
            }
            let plaintext = unsafe filledArray(ciphertext.count) { target in
                unsafe decrypt(ciphertext, tag, iv, associatedData, to: target)
            }
            guard let plaintext else { throw KMError(.authenticationFailed) }
            return plaintext
        }

        fileprivate func decrypt(
            _ ciphertext: Span<UInt8>,
            _ tag: Span<UInt8>,
            _ iv: Span<UInt8>,
            _ associatedData: Span<UInt8>,
            to target: UnsafeMutablePointer<UInt8>
        ) -> Bool {
            unsafe tag.withUnsafeBufferPointer { tag in
                unsafe withInputs(iv, associatedData, ciphertext) { iv, associatedData, ciphertext in
                    unsafe km_aes_gcm_open(
                        handle,
                        iv.start,
                        associatedData.baseAddress,
                        associatedData.count,
                        ciphertext.baseAddress,
                        ciphertext.count,
                        tag.start,
                        target
                    ) == KM_OK
                }
            }
        }
    }

    private static func handle(_ key: SecretBytes, _ direction: km_direction) throws -> OpaquePointer {
        var made: OpaquePointer?
        let result = key.withBytes { key in
            unsafe key.withUnsafeBufferPointer { unsafe km_aes_gcm_create($0.start, $0.count, direction, &made) }
        }
        guard result == KM_OK, let made = unsafe made else {
            throw KMError(.cryptographyUnavailable, "OpenSSL could not prepare an AES-GCM key")
        }
        return unsafe made
    }
}

private typealias Bytes = UnsafeBufferPointer<UInt8>

private func withInputs(
    _ iv: Span<UInt8>,
    _ associatedData: Span<UInt8>,
    _ message: Span<UInt8>,
    _ body: (_ iv: Bytes, _ associatedData: Bytes, _ message: Bytes) -> Bool
) -> Bool {
    unsafe iv.withUnsafeBufferPointer { iv in
        unsafe associatedData.withUnsafeBufferPointer { associatedData in
            unsafe message.withUnsafeBufferPointer { unsafe body(iv, associatedData, $0) }
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
