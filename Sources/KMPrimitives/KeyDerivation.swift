internal import CKMOpenSSL

/// The cost of deriving a key from a passphrase by scrypt (RFC 7914).
package struct ScryptCost: Sendable, Hashable {
    /// The CPU and memory cost N, a power of two.
    package let n: Int
    /// The block size r.
    package let r: Int
    /// The parallelization p.
    package let p: Int

    /// 128 MiB and about half a second of one core: N = 2^17, r = 8, p = 1.
    package static let standard = ScryptCost(trusted: 1 << 17, 8, 1)
    /// The memory of the most expensive accepted cost, in bytes: 1 GiB.
    private static let maximumMemory = 1 << 30

    private init(trusted n: Int, _ r: Int, _ p: Int) {
        (self.n, self.r, self.p) = (n, r, p)
    }

    /// Checks a cost that a file asks for.
    ///
    /// - Throws: ``KMError`` `limitExceeded` when N is not a power of two from 2^10, when p is more than 16, or when the
    ///   memory would be more than 1 GiB.
    package init(n: Int, r: Int, p: Int) throws {
        guard (1 << 10...1 << 23).contains(n), n & (n - 1) == 0, (1...64).contains(r), (1...16).contains(p),
            128 * n * r <= Self.maximumMemory
        else {
            throw KMError(
                .limitExceeded,
                "scrypt's cost must be n = a power of two from 1024, r = 1 to 64, p = 1 to 16, and need at most 1 GiB; "
                    + "got n = \(n), r = \(r), p = \(p)"
            )
        }
        self.init(trusted: n, r, p)
    }

    /// Derives a key from a passphrase.
    ///
    /// - Parameters:
    ///   - passphrase: The passphrase, of any size.
    ///   - salt: A random value, which need not be secret.
    ///   - byteCount: The size of the key.
    /// - Returns: The key.
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL has no scrypt, or memory runs out.
    package func key(from passphrase: SecretBytes, salt: [UInt8], byteCount: Int) throws -> SecretBytes {
        unsafe try derived(byteCount, "scrypt") { target in
            passphrase.withBytes { passphrase in
                unsafe passphrase.withUnsafeBufferPointer { passphrase in
                    unsafe salt.withUnsafeBufferPointer { salt in
                        unsafe km_scrypt(
                            km_bytes(bytes: passphrase.baseAddress, size: passphrase.count),
                            km_bytes(bytes: salt.baseAddress, size: salt.count),
                            UInt64(n),
                            UInt32(r),
                            UInt32(p),
                            // The RFC's working memory, and the buffer that p blocks need beside it.
                            UInt64(Self.maximumMemory + 128 * r * (p + 2)),
                            byteCount,
                            target
                        )
                    }
                }
            }
        }
    }
}

/// Derives a key from secret bytes by HKDF with SHA-256 (RFC 5869).
///
/// - Parameters:
///   - input: The secret, which must not be empty.
///   - salt: A value that need not be secret; empty for none.
///   - info: The purpose of the key.
///   - byteCount: The size of the key, 1 to 8160.
/// - Returns: The key.
/// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
package func hkdf(_ input: SecretBytes, salt: [UInt8] = [], info: [UInt8], byteCount: Int) throws -> SecretBytes {
    unsafe try derived(byteCount, "HKDF") { target in
        input.withBytes { input in
            unsafe input.withUnsafeBufferPointer { input in
                unsafe salt.withUnsafeBufferPointer { salt in
                    unsafe info.withUnsafeBufferPointer { info in
                        unsafe km_hkdf_sha256(
                            km_bytes(bytes: input.baseAddress, size: input.count),
                            km_bytes(bytes: salt.baseAddress, size: salt.count),
                            km_bytes(bytes: info.baseAddress, size: info.count),
                            byteCount,
                            target
                        )
                    }
                }
            }
        }
    }
}

private func derived(
    _ byteCount: Int,
    _ algorithm: String,
    _ derive: (UnsafeMutablePointer<UInt8>) -> km_result
) throws -> SecretBytes {
    try SecretBytes(count: byteCount) { key in
        let result = unsafe key.withUnsafeMutableBufferPointer { target in
            guard let start = target.baseAddress else { return KM_MISUSED }
            return unsafe derive(start)
        }
        guard result == KM_OK else {
            throw KMError(.cryptographyUnavailable, "OpenSSL could not derive a key with \(algorithm)")
        }
    }
}
