internal import CKMOpenSSL

/// AES-128-GCM and AES-256-GCM (NIST SP 800-38D) with 96-bit IVs and 128-bit tags, and nothing else.
///
/// An IV must not serve twice under one key: with random IVs, keep to 2^32 messages a key (SP 800-38D section 8.3).
package struct AESGCM: Sendable {
    /// The size of an IV in bytes: 12.
    package static let ivByteCount = Int(KM_GCM_IV_SIZE)
    /// The size of a tag in bytes: 16.
    package static let tagByteCount = Int(KM_GCM_TAG_SIZE)
    /// What one invocation may encrypt, in bytes: 2^36 - 32.
    package static let maximumByteCount = (1 << 36) - 32

    private let key: SecretBytes

    /// Takes a key of 16 or 32 bytes.
    ///
    /// - Throws: ``KMError`` `invalidSize` for any other size.
    package init(key: SecretBytes) throws {
        guard key.count == 16 || key.count == 32 else {
            throw KMError(.invalidSize, "an AES-GCM key has 16 or 32 bytes, this one \(key.count)")
        }
        self.key = key
    }

    /// Encrypts `plaintext` and authenticates it with `associatedData`.
    ///
    /// - Returns: as many bytes of ciphertext as there are of plaintext, and the tag of 16 bytes.
    /// - Throws: ``KMError`` `invalidSize` for an IV of other than 12 bytes or too long a plaintext,
    ///   `cryptographyUnavailable` when OpenSSL fails.
    package func seal(
        _ plaintext: Span<UInt8>,
        iv: Span<UInt8>,
        associatedData: Span<UInt8>
    ) throws -> (ciphertext: [UInt8], tag: [UInt8]) {
        var sealed: [UInt8] = []
        try Sealer(key).seal(plaintext, iv: iv, associatedData: associatedData, appendingTo: &sealed)
        return (Array(sealed[..<plaintext.count]), Array(sealed[plaintext.count...]))
    }

    /// Verifies and decrypts.
    ///
    /// Nothing of a plaintext whose tag is wrong leaves this function.
    ///
    /// - Throws: ``KMError`` `authenticationFailed` when the tag is not that of the ciphertext and the associated data
    ///   under this key and IV; `invalidSize` for an IV or a tag of another size than 12 and 16 bytes.
    package func open(
        _ ciphertext: Span<UInt8>,
        tag: Span<UInt8>,
        iv: Span<UInt8>,
        associatedData: Span<UInt8>
    ) throws -> [UInt8] {
        try Opener(key).open(ciphertext, tag: tag, iv: iv, associatedData: associatedData)
    }

    /// A sealer of several messages under this key, one after the other.
    package func sealer() throws -> Sealer { try Sealer(key) }

    /// An opener of several messages under this key, one after the other.
    package func opener() throws -> Opener { try Opener(key) }

    fileprivate static func check(iv: Span<UInt8>, count: Int) throws {
        guard iv.count == ivByteCount else {
            throw KMError(.invalidSize, "an AES-GCM IV has \(ivByteCount) bytes, this one \(iv.count)")
        }
        guard count <= maximumByteCount else {
            throw KMError(.invalidSize, "more than AES-GCM takes in one message")
        }
    }
}

extension AESGCM {
    /// Encrypts messages one after the other: the key is expanded once.
    ///
    /// Not `Sendable`: it serves one task at a time.
    @safe package final class Sealer {
        private let handle: OpaquePointer

        fileprivate init(_ key: SecretBytes) throws {
            unsafe handle = try AESGCM.handle(key, sealing: true)
        }

        deinit {
            unsafe km_aes_gcm_free(handle)
        }

        /// Seals as ``AESGCM/seal(_:iv:associatedData:)``, and appends ciphertext and tag to `output`.
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
                        ) == 1
                    }
                    if done { initialized += count }
                }
            }
            guard done else { throw KMError(.cryptographyUnavailable, "AES-GCM") }
        }
    }

    /// Decrypts messages one after the other: the key is expanded once.
    ///
    /// Not `Sendable`: it serves one task at a time.
    @safe package final class Opener {
        private let handle: OpaquePointer

        fileprivate init(_ key: SecretBytes) throws {
            unsafe handle = try AESGCM.handle(key, sealing: false)
        }

        deinit {
            unsafe km_aes_gcm_free(handle)
        }

        /// Opens as ``AESGCM/open(_:tag:iv:associatedData:)``.
        package func open(
            _ ciphertext: Span<UInt8>,
            tag: Span<UInt8>,
            iv: Span<UInt8>,
            associatedData: Span<UInt8>
        ) throws -> [UInt8] {
            try AESGCM.check(iv: iv, count: ciphertext.count)
            guard tag.count == AESGCM.tagByteCount else {
                throw KMError(.invalidSize, "an AES-GCM tag has \(AESGCM.tagByteCount) bytes, this one \(tag.count)")
            }
            let plaintext = unsafe filledArray(ciphertext.count) { target in
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
                        ) == 1
                    }
                }
            }
            guard let plaintext else { throw KMError(.authenticationFailed) }
            return plaintext
        }
    }

    private static func handle(_ key: SecretBytes, sealing: Bool) throws -> OpaquePointer {
        let made = unsafe key.withBytes { key in
            unsafe key.withUnsafeBufferPointer { unsafe km_aes_gcm_create($0.start, $0.count, sealing ? 1 : 0) }
        }
        guard let made = unsafe made else { throw KMError(.cryptographyUnavailable, "AES-GCM") }
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
    /// The address of a buffer whose size was checked to be above 0.
    fileprivate var start: UnsafePointer<UInt8> {
        guard let baseAddress = baseAddress else { preconditionFailure("a checked buffer is empty") }
        return unsafe baseAddress
    }
}
