internal import CKMOpenSSL

/// The steps of RSAES-OAEP (RFC 8017 section 7.1.2) that remain when the private operation is done in an HSM.
package enum ExternalRSA {
    /// Removes the padding of a raw RSA result, or returns random bytes if the padding is wrong.
    ///
    /// Both cases take the same time, like ``RSAPrivateKey/unwrapKey(_:byteCount:hash:)``.
    ///
    /// - Parameters:
    ///   - block: The result of the raw RSA operation, as many bytes as the modulus has.
    ///   - byteCount: The size of the key in bytes, 1 to 64.
    ///   - hash: The hash function of RSAES-OAEP.
    /// - Returns: The key, or `byteCount` random bytes.
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails for a reason that no message can cause.
    package static func unpad(
        _ block: SecretBytes,
        byteCount: Int,
        hash: RSAPrivateKey.OAEPHash
    ) throws -> SecretBytes {
        try unsafe key(byteCount) { target in
            block.withBytes { block in
                unsafe block.withUnsafeBufferPointer { block in
                    guard let start = block.baseAddress else { return KM_MISUSED }
                    return unsafe km_oaep_unpad(hash.code, start, block.count, byteCount, target)
                }
            }
        }
    }

    /// Returns the first `byteCount` bytes of a plaintext, or random bytes if it is not a plaintext of that size.
    ///
    /// The choice is made without a branch.
    ///
    /// - Parameters:
    ///   - plaintext: Memory that begins with the plaintext, at least `byteCount` bytes.
    ///   - count: The size of the plaintext in bytes.
    ///   - isDecrypted: Whether there is a plaintext.
    ///   - byteCount: The size of the key in bytes, 1 to 64.
    /// - Returns: The key, or `byteCount` random bytes.
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL has no random bytes or no memory.
    package static func select(
        _ plaintext: SecretBytes,
        count: Int,
        isDecrypted: Bool,
        byteCount: Int
    ) throws -> SecretBytes {
        precondition(plaintext.count >= byteCount, "the memory of a plaintext must have room for a key")
        return try unsafe key(byteCount) { target in
            plaintext.withBytes { plaintext in
                unsafe plaintext.withUnsafeBufferPointer { plaintext in
                    guard let start = plaintext.baseAddress else { return KM_MISUSED }
                    return unsafe km_select_key(start, count, isDecrypted, byteCount, target)
                }
            }
        }
    }

    private static func key(
        _ byteCount: Int,
        _ write: (UnsafeMutablePointer<UInt8>) -> km_result
    ) throws -> SecretBytes {
        try SecretBytes(count: byteCount) { target in
            let result = unsafe target.withUnsafeMutableBufferPointer { target in
                guard let start = target.baseAddress else { return KM_MISUSED }
                return unsafe write(start)
            }
            guard result == KM_OK else {
                throw KMError(.cryptographyUnavailable, "OpenSSL could not unwrap a content encryption key")
            }
        }
    }
}

extension RSAPublicKey {
    /// Encrypts a random message of 32 bytes, to find out whether an HSM decrypts it.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails or does not have the hash function.
    package func oaepChallenge(
        _ hash: RSAPrivateKey.OAEPHash
    ) throws -> (message: SecretBytes, ciphertext: [UInt8]) {
        let message = try SecretBytes(randomCount: 32)
        let ciphertext = unsafe filledArray(byteCount) { target in
            message.withBytes { message in
                unsafe message.withUnsafeBufferPointer { message in
                    guard let start = message.baseAddress else { return false }
                    return unsafe km_rsa_oaep_challenge(handle.pointer, hash.code, start, message.count, target)
                        == KM_OK
                }
            }
        }
        guard let ciphertext else { throw KMError(.cryptographyUnavailable, "OpenSSL could not encrypt with RSA-OAEP") }
        return (message, ciphertext)
    }
}
