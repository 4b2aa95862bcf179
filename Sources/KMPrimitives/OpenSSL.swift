internal import CKMOpenSSL

/// What tests and diagnostics ask of the OpenSSL that this process has loaded.
package enum OpenSSL {
    /// How many errors the calling thread's queue held; asking empties it.
    ///
    /// It is 0 after every call of this module, so that no later failure, here or elsewhere in the process, is told with
    /// another one's reason.
    package static var errorQueueDepth: Int { km_error_queue_depth() }

    /// OpenSSL's version text, such as `OpenSSL 3.0.19 27 Jan 2026`.
    package static var version: String { unsafe String(cString: km_openssl_version()) }
}
