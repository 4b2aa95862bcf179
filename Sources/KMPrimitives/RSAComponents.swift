internal import CKMOpenSSL

/// Creates RSA keys from integers in the order of RFC 7518 section 6.3: n, e, then d, p, q, dp, dq, qi.
enum RSAComponents {
    static func handle(public publicIntegers: [[UInt8]], private secrets: [SecretBytes]) throws -> RSAKeyHandle {
        var pointer: OpaquePointer?
        let (result, reason) = unsafe withReason { reason in
            unsafe withIntegers(publicIntegers[...], secrets[...], []) { integers in
                unsafe integers.withUnsafeBufferPointer { integers in
                    guard let start = integers.baseAddress else { return KM_FAILED }
                    return unsafe km_rsa_from_components(
                        start,
                        integers.count,
                        KeyLimits.bitCount,
                        &pointer,
                        reason
                    )
                }
            }
        }
        return try unsafe RSAKeyHandle.make(result, pointer, reason: reason)
    }

    /// Collects the addresses of all integers in nested closures, one per integer, so that no secret is copied.
    private static func withIntegers<Result>(
        _ publicIntegers: ArraySlice<[UInt8]>,
        _ secrets: ArraySlice<SecretBytes>,
        _ collected: [km_bytes],
        _ body: ([km_bytes]) -> Result
    ) -> Result {
        func next(_ bytes: UnsafeBufferPointer<UInt8>) -> [km_bytes] {
            unsafe collected + [km_bytes(bytes: bytes.baseAddress, size: bytes.count)]
        }
        if let first = publicIntegers.first {
            return unsafe first.withUnsafeBufferPointer {
                unsafe withIntegers(publicIntegers.dropFirst(), secrets, next($0), body)
            }
        }
        if let first = secrets.first {
            return first.withBytes { bytes in
                unsafe bytes.withUnsafeBufferPointer {
                    unsafe withIntegers(publicIntegers, secrets.dropFirst(), next($0), body)
                }
            }
        }
        return unsafe body(collected)
    }
}
