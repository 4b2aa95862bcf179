internal import CKMOpenSSL

/// An array of `count` bytes, 0 or more, that `fill` writes, all of them, or nil when it says that it could not.
func filledArray(_ count: Int, _ fill: (UnsafeMutablePointer<UInt8>) -> Bool) -> [UInt8]? {
    precondition(count >= 0, "an array of a negative size")
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

/// What a shim function allocated, as an array; the allocation is cleansed and freed.
func copiedArray(_ make: (UnsafeMutablePointer<Int>) -> UnsafeMutablePointer<UInt8>?) throws -> [UInt8] {
    var size = 0
    guard let memory = unsafe make(&size) else {
        throw KMError(.cryptographyUnavailable, "OpenSSL could not encode it")
    }
    defer { unsafe km_secret_free(memory, size) }
    return unsafe [UInt8](UnsafeBufferPointer(start: memory, count: size))
}

/// What a shim function allocated, as a secret that owns the allocation.
func adoptedSecret(_ make: (UnsafeMutablePointer<Int>) -> UnsafeMutablePointer<UInt8>?) throws -> SecretBytes {
    var size = 0
    guard let memory = unsafe make(&size) else {
        throw KMError(.cryptographyUnavailable, "OpenSSL could not encode it")
    }
    return unsafe SecretBytes(adopting: memory, count: size)
}

/// Calls `body` with room for OpenSSL's reason strings, and gives back what stands there after.
func withReason<Result>(_ body: (UnsafeMutablePointer<CChar>) throws -> Result) rethrows -> (Result, reason: String) {
    try unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(KM_REASON_CAPACITY)) { buffer in
        unsafe buffer.initialize(repeating: 0)
        guard let start = buffer.baseAddress else { fatalError("a temporary allocation without an address") }
        let result = try unsafe body(start)
        return (result, unsafe String(cString: start))
    }
}
