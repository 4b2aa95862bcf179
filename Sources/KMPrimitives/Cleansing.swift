internal import CKMOpenSSL

/// Overwrites `bytes` with zeros in a way that the compiler cannot optimize away (`OPENSSL_cleanse`).
package func cleanse(_ bytes: inout MutableSpan<UInt8>) {
    unsafe bytes.withUnsafeMutableBytes { unsafe km_cleanse($0.baseAddress, $0.count) }
}
