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
