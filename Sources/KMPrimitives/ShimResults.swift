internal import CKMOpenSSL

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
/// - Throws: ``KMError`` `cryptographyUnavailable` when `make` returns nil.
func copiedArray(_ make: (UnsafeMutablePointer<Int>) -> UnsafeMutablePointer<UInt8>?) throws -> [UInt8] {
    var size = 0
    guard let memory = unsafe make(&size) else {
        throw KMError(.cryptographyUnavailable, "OpenSSL could not encode the key or certificate")
    }
    defer { unsafe km_secret_free(memory, size) }
    return unsafe [UInt8](UnsafeBufferPointer(start: memory, count: size))
}

/// Returns the bytes that a shim function allocated as a secret that owns the allocation.
///
/// - Throws: ``KMError`` `cryptographyUnavailable` when `make` returns nil.
func adoptedSecret(_ make: (UnsafeMutablePointer<Int>) -> UnsafeMutablePointer<UInt8>?) throws -> SecretBytes {
    var size = 0
    guard let memory = unsafe make(&size) else {
        throw KMError(.cryptographyUnavailable, "OpenSSL could not encode the key or certificate")
    }
    return unsafe SecretBytes(adopting: memory, count: size)
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
