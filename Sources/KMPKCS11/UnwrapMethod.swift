#if PKCS11
internal import CKMPKCS11
internal import KMJOSE
internal import KMPrimitives
internal import KMSecurity

/// How a token decrypts content encryption keys.
enum UnwrapMethod: Sendable, Equatable {
    /// The token does RSA-OAEP.
    ///
    /// `rejections` are the results with which it rejects a ciphertext. If `isAmbiguous`, one of them can also mean a
    /// failure of the device.
    case inToken(rejections: Set<UInt>, isAmbiguous: Bool)
    /// The token does raw RSA, and this process checks the padding in constant time.
    case raw

    /// The results that the standard has for ciphertexts that do not decrypt (PKCS#11 v2.40 section 5.1.6).
    private static let standardRejections: Set<UInt> = [
        KM_CKR_ENCRYPTED_DATA_INVALID, KM_CKR_ENCRYPTED_DATA_LEN_RANGE, KM_CKR_DATA_INVALID, KM_CKR_DATA_LEN_RANGE,
    ]
    /// The results that some tokens have for such ciphertexts, although they mean a failure of the device.
    private static let possibleRejections: Set<UInt> = [
        KM_CKR_GENERAL_ERROR, KM_CKR_FUNCTION_FAILED, KM_CKR_DEVICE_ERROR, KM_CKR_ARGUMENTS_BAD,
        KM_CKR_MECHANISM_PARAM_INVALID,
    ]

    /// Finds out how the token decrypts, with throw-away messages that are encrypted to its public key.
    ///
    /// - Throws: ``KMError`` `hsmKeyUnsuitable` if the token has no way; ``PKCS11Failure`` if the device fails.
    static func find(
        _ algorithm: KeyManagementAlgorithm,
        _ publicKey: RSAPublicKey,
        _ key: UInt,
        _ session: Session
    ) throws -> UnwrapMethod {
        var faults: [String] = []
        let search = Search(algorithm: algorithm, publicKey: publicKey, key: key, session: session)
        for (mechanism, attempt) in [
            (KM_CKM_RSA_PKCS_OAEP, search.inToken), (KM_CKM_RSA_X_509, search.raw),
        ] as [(UInt, () throws -> (UnwrapMethod?, UInt))] {
            let name = mechanism == KM_CKM_RSA_X_509 ? "CKM_RSA_X_509" : "CKM_RSA_PKCS_OAEP"
            guard let flags = try session.module.mechanismFlags(mechanism, session.slot), flags & KM_CKF_DECRYPT != 0
            else {
                faults.append("it has no \(name)")
                continue
            }
            let (method, rv) = try attempt()
            if let method { return method }
            faults.append("\(name): \(rv == KM_CKR_OK ? "a wrong result" : PKCS11Failure.name(rv))")
        }
        throw KMError(
            .hsmKeyUnsuitable,
            "the token cannot decrypt \(algorithm.rawValue) with this key (\(faults.joined(separator: "; "))); "
                + "check that the key may decrypt (CKA_DECRYPT) and that the HSM's policy allows the mechanism"
        )
    }

    private struct Search {
        let algorithm: KeyManagementAlgorithm
        let publicKey: RSAPublicKey
        let key: UInt
        let session: Session

        /// Tries RSA-OAEP in the token, and learns how the token rejects ciphertexts.
        func inToken() throws -> (UnwrapMethod?, UInt) {
            let (message, ciphertext) = try publicKey.oaepChallenge(algorithm.hash)
            let answer = try decrypt(ciphertext, algorithm.scheme)
            guard answer.rv == KM_CKR_OK, answer.count == message.count,
                try answer.memory.extracting(0..<message.count) == message
            else { return (nil, answer.rv) }
            var learnt: Set<UInt> = []
            for _ in 0..<4 {
                // Below the modulus, whose first bit is set.
                let block = try SecureRandom.bytes(publicKey.byteCount)
                let rv = try decrypt([block[0] & 0x7F] + block.dropFirst(), algorithm.scheme).rv
                if rv != KM_CKR_OK { learnt.insert(rv) }
            }
            let ambiguous = learnt.intersection(possibleRejections)
            return (
                .inToken(rejections: standardRejections.union(ambiguous), isAmbiguous: !ambiguous.isEmpty), answer.rv
            )
        }

        /// Tries raw RSA in the token.
        func raw() throws -> (UnwrapMethod?, UInt) {
            let (message, ciphertext) = try publicKey.oaepChallenge(algorithm.hash)
            let answer = try decrypt(ciphertext, KM_P11_RSA_RAW)
            guard answer.rv == KM_CKR_OK else { return (nil, answer.rv) }
            let block = try UnwrapMethod.padded(answer.memory, answer.count)
            let key = try ExternalRSA.unpad(block, byteCount: message.count, hash: algorithm.hash)
            return (key == message ? .raw : nil, answer.rv)
        }

        private func decrypt(
            _ ciphertext: [UInt8],
            _ scheme: km_p11_scheme
        ) throws -> (memory: SecretBytes, count: Int, rv: UInt) {
            let answer = try session.decrypt(ciphertext, with: key, scheme, capacity: publicKey.byteCount)
            let lost: Set<UInt> = [
                KM_CKR_SESSION_HANDLE_INVALID, KM_CKR_SESSION_CLOSED, KM_CKR_DEVICE_REMOVED, KM_CKR_TOKEN_NOT_PRESENT,
                KM_CKR_USER_NOT_LOGGED_IN, KM_CKR_OBJECT_HANDLE_INVALID, KM_CKR_KEY_HANDLE_INVALID,
                KM_CKR_CRYPTOKI_NOT_INITIALIZED, KM_CKR_HOST_MEMORY, KM_CKR_DEVICE_MEMORY,
            ]
            guard !lost.contains(answer.rv) else { throw PKCS11Failure(function: "C_Decrypt", rv: answer.rv) }
            return (answer.memory, answer.count, answer.rv)
        }
    }

    /// Decrypts a content encryption key, or returns random bytes if it does not decrypt.
    ///
    /// - Throws: ``PKCS11Failure`` if the device fails; ``KMError`` `cryptographyUnavailable`.
    func unwrap(_ wrapped: WrappedContentKey, with key: UInt, _ session: Session) throws -> SecretBytes {
        let capacity = wrapped.bytes.count
        switch self {
        case .inToken(let rejections, let isAmbiguous):
            let answer = try session.decrypt(wrapped.bytes, with: key, wrapped.algorithm.scheme, capacity: capacity)
            let isRejected = answer.isStarted && rejections.contains(answer.rv)
            guard answer.rv == KM_CKR_OK || isRejected else {
                throw PKCS11Failure(function: "C_Decrypt", rv: answer.rv)
            }
            // After every call, so that its time does not depend on the result.
            if isAmbiguous { try session.checkHealth() }
            return try ExternalRSA.select(
                answer.memory,
                count: answer.count,
                isDecrypted: answer.rv == KM_CKR_OK,
                byteCount: wrapped.byteCount
            )
        case .raw:
            let answer = try session.decrypt(wrapped.bytes, with: key, KM_P11_RSA_RAW, capacity: capacity)
            // Every number below the modulus has a result, so each failure is the device's.
            try PKCS11Failure.check(answer.rv, "C_Decrypt")
            return try ExternalRSA.unpad(
                Self.padded(answer.memory, answer.count),
                byteCount: wrapped.byteCount,
                hash: wrapped.algorithm.hash
            )
        }
    }

    /// Returns the result of raw RSA with its leading zeros, which some tokens remove.
    private static func padded(_ memory: SecretBytes, _ count: Int) throws -> SecretBytes {
        guard count < memory.count else { return memory }
        return try memory.withBytes { bytes in
            try SecretBytes(count: memory.count) { target in
                for index in 0..<count { target[memory.count - count + index] = bytes[index] }
            }
        }
    }
}

extension KeyManagementAlgorithm {
    fileprivate var scheme: km_p11_scheme { self == .rsaOAEP256 ? KM_P11_RSA_OAEP_SHA256 : KM_P11_RSA_OAEP_SHA1 }
}
#endif
