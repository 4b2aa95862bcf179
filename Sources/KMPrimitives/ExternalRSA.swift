internal import CKMOpenSSL

/// The steps of RSAES-OAEP (RFC 8017 section 7.1.2) that remain when the private operation is done in an HSM.
package enum ExternalRSA {
    /// Removes the padding of a raw RSA result, or returns random bytes if the padding is wrong.
    ///
    /// Both cases take the same time, like ``RSAPrivateKey/unwrapKey(_:byteCount:hash:)``.
    ///
    /// - Parameters:
    ///   - block: As many bytes as the modulus has, which begin with the result of the raw RSA operation.
    ///   - count: The size of the result, which is less than that of the modulus if the HSM removes leading zeros.
    ///   - byteCount: The size of the key in bytes, 1 to 64.
    ///   - hash: The hash function of RSAES-OAEP.
    /// - Returns: The key, or `byteCount` random bytes.
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails for a reason that no message can cause.
    package static func unpad(
        _ block: SecretBytes,
        count: Int,
        byteCount: Int,
        hash: RSAPrivateKey.OAEPHash
    ) throws -> SecretBytes {
        // Also when nothing was removed: otherwise the time would show whether the first byte is zero.
        let aligned = try block.withBytes { source in
            try SecretBytes(count: source.count) { target in
                for index in source.indices { target[index] = source[index] }
                unsafe target.withUnsafeMutableBufferPointer { target in
                    if let start = target.baseAddress { unsafe km_align_right(start, target.count, count) }
                }
            }
        }
        return try unsafe key(byteCount) { target in
            aligned.withBytes { block in
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
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL has no random bytes or no memory; `invalidSize` if
    ///   `plaintext` is smaller than a key.
    package static func select(
        _ plaintext: SecretBytes,
        count: Int,
        isDecrypted: Bool,
        byteCount: Int
    ) throws -> SecretBytes {
        guard plaintext.count >= byteCount else {
            throw KMError(.invalidSize, "the memory of a plaintext must have room for a key of \(byteCount) bytes")
        }
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

/// One fault of a ciphertext of RSAES-OAEP (RFC 8017 section 7.1.2, step 3g).
package enum OAEPFault: CaseIterable, Sendable {
    /// The first byte of the block is not zero.
    case firstByte
    /// The block has the hash of another label.
    case label
    /// No byte ends the zeros before the message.
    case noSeparator
    /// A byte that is not 01 ends the zeros before the message.
    case otherSeparator

    fileprivate var code: km_oaep_fault {
        switch self {
        case .firstByte: KM_OAEP_FIRST_BYTE
        case .label: KM_OAEP_WRONG_LABEL
        case .noSeparator: KM_OAEP_NO_SEPARATOR
        case .otherSeparator: KM_OAEP_OTHER_SEPARATOR
        }
    }
}

extension RSAPublicKey {
    /// Encrypts a random message, to find out whether an HSM decrypts it, or how it rejects it.
    ///
    /// - Parameters:
    ///   - hash: The hash function of RSAES-OAEP.
    ///   - fault: The fault of the ciphertext; nil for a right one.
    ///   - byteCount: The size of the message in bytes.
    /// - Returns: The message and its ciphertext.
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails, does not have the hash function, or the
    ///   message is too long for the key.
    package func oaepChallenge(
        _ hash: RSAPrivateKey.OAEPHash,
        fault: OAEPFault? = nil,
        byteCount: Int = 32
    ) throws -> (message: SecretBytes, ciphertext: [UInt8]) {
        let message = try SecretBytes(randomCount: byteCount)
        let ciphertext = unsafe filledArray(self.byteCount) { target in
            message.withBytes { message in
                unsafe message.withUnsafeBufferPointer { message in
                    let (key, start, count) = unsafe (handle.pointer, message.baseAddress, message.count)
                    guard let fault else {
                        return unsafe km_rsa_oaep_challenge(key, hash.code, start, count, target) == KM_OK
                    }
                    return unsafe km_rsa_oaep_faulty(key, hash.code, fault.code, start, count, target) == KM_OK
                }
            }
        }
        guard let ciphertext else { throw KMError(.cryptographyUnavailable, "OpenSSL could not encrypt with RSA-OAEP") }
        return (message, ciphertext)
    }
}
