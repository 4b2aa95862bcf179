internal import CKMOpenSSL

/// The library below.
package enum OpenSSL {
    /// The version that runs, e.g.
    ///
    /// `OpenSSL 3.0.19 27 Jan 2026`.
    package static var version: String { unsafe String(cString: km_openssl_version()) }

    /// How many entries the calling thread's error queue holds: 0 after every call of this package.
    package static var errorQueueDepth: Int { km_error_queue_depth() }
}
