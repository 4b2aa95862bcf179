internal import CKMOpenSSL

/// Facts about the OpenSSL library in this process, for tests and diagnostics.
package enum OpenSSL {
    /// Empties the calling thread's OpenSSL error queue and returns the number of errors that were in it.
    ///
    /// The number is 0 after every call to this module. An error left in the queue could appear as the reason of a
    /// later, unrelated failure anywhere in the process.
    @discardableResult
    package static func drainErrorQueue() -> Int { km_error_queue_drain() }

    /// The version text of OpenSSL, such as `OpenSSL 3.0.19 27 Jan 2026`.
    package static var version: String { unsafe String(cString: km_openssl_version()) }
}

/// Returns an array of `count` bytes that `fill` writes, or nil when `fill` returns false.
///
/// `count` must be 0 or more. When `fill` returns true, it must have written all `count` bytes.
func filledArray(_ count: Int, _ fill: (UnsafeMutablePointer<UInt8>) -> Bool) -> [UInt8]? {
    precondition(count >= 0, "the size of an array must not be negative")
    guard count > 0 else {
        var none: UInt8 = 0
        return unsafe fill(&none) ? [] : nil
    }
    var done = false
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
        guard let start = target.baseAddress else { return }
        done = unsafe fill(start)
        initialized = done ? count : 0
    }
    return done ? bytes : nil
}

/// Copies the bytes that a shim function allocated into an array, then cleanses and frees the allocation.
///
/// - Throws: ``KMError`` `cryptographyUnavailable` when `make` returns anything but `KM_OK`.
func copiedArray(_ make: (UnsafeMutablePointer<km_buffer>) -> km_result) throws -> [UInt8] {
    let (memory, count) = unsafe try allocated(make)
    defer { unsafe km_secret_free(memory, count) }
    return unsafe [UInt8](UnsafeBufferPointer(start: memory, count: count))
}

/// Returns the bytes that a shim function allocated as a secret that owns the allocation.
///
/// - Throws: ``KMError`` `cryptographyUnavailable` when `make` returns anything but `KM_OK`.
func adoptedSecret(_ make: (UnsafeMutablePointer<km_buffer>) -> km_result) throws -> SecretBytes {
    let (memory, count) = unsafe try allocated(make)
    return unsafe SecretBytes(adopting: memory, count: count)
}

private func allocated(
    _ make: (UnsafeMutablePointer<km_buffer>) -> km_result
) throws -> (UnsafeMutablePointer<UInt8>, count: Int) {
    var buffer = unsafe km_buffer()
    guard unsafe make(&buffer) == KM_OK, let memory = unsafe buffer.bytes else {
        throw KMError(.cryptographyUnavailable, "OpenSSL could not encode the key or certificate")
    }
    return unsafe (memory, buffer.size)
}

/// Calls `body` with a buffer for OpenSSL's reason strings, and returns its result together with those strings.
func withReason<Result>(_ body: (UnsafeMutablePointer<CChar>) throws -> Result) rethrows -> (Result, reason: String) {
    try unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(KM_REASON_CAPACITY)) { buffer in
        unsafe buffer.initialize(repeating: 0)
        guard let start = buffer.baseAddress else { fatalError("a temporary allocation has no address") }
        let result = try unsafe body(start)
        return (result, unsafe String(cString: start))
    }
}
