#if PKCS11
internal import CKMPKCS11
internal import KMJOSE
internal import KMPrimitives
internal import KMSecurity

extension UnwrapMethod {
    /// The results that the standard has for ciphertexts that do not decrypt (PKCS#11 v2.40 section 5.1.6).
    private static let standardRejections: Set<UInt> = [
        KM_CKR_ENCRYPTED_DATA_INVALID, KM_CKR_ENCRYPTED_DATA_LEN_RANGE, KM_CKR_DATA_INVALID, KM_CKR_DATA_LEN_RANGE,
    ]
    /// The results that some tokens have for such ciphertexts, although they mean a failure of the device.
    private static let possibleRejections: Set<UInt> = [
        KM_CKR_GENERAL_ERROR, KM_CKR_FUNCTION_FAILED, KM_CKR_DEVICE_ERROR, KM_CKR_ARGUMENTS_BAD,
        KM_CKR_MECHANISM_PARAM_INVALID,
    ]
    /// The results after which a new session is needed, and nothing can be learnt.
    private static let losses: Set<UInt> = [
        KM_CKR_SESSION_HANDLE_INVALID, KM_CKR_SESSION_CLOSED, KM_CKR_DEVICE_REMOVED, KM_CKR_TOKEN_NOT_PRESENT,
        KM_CKR_USER_NOT_LOGGED_IN, KM_CKR_OBJECT_HANDLE_INVALID, KM_CKR_KEY_HANDLE_INVALID,
        KM_CKR_CRYPTOKI_NOT_INITIALIZED, KM_CKR_HOST_MEMORY, KM_CKR_DEVICE_MEMORY,
    ]

    /// Finds out how the token decrypts, with throw-away messages that are encrypted to its public key.
    ///
    /// RSA-OAEP in the token is used only if each way in which a ciphertext can be wrong gives a known result. A result
    /// that is a failure for one kind of wrong padding only would show senders that kind, and let them decrypt messages
    /// (Manger, CRYPTO 2001).
    ///
    /// - Throws: ``KMError`` `hsmKeyUnsuitable` if the token has no way; `hsmUnavailable` if the device gives different
    ///   results for the same ciphertext; ``PKCS11Failure`` if the device fails.
    static func find(
        _ algorithm: KeyManagementAlgorithm,
        _ publicKey: RSAPublicKey,
        _ key: UInt,
        _ token: some TokenDecryption
    ) throws -> UnwrapMethod {
        var faults: [String] = []
        let search = Search(algorithm: algorithm, publicKey: publicKey, key: key, token: token)
        for mechanism in [KM_CKM_RSA_PKCS_OAEP, KM_CKM_RSA_X_509] {
            let isRaw = mechanism == KM_CKM_RSA_X_509
            let name = isRaw ? "CKM_RSA_X_509" : "CKM_RSA_PKCS_OAEP"
            guard let flags = try token.mechanismFlags(mechanism), flags & KM_CKF_DECRYPT != 0 else {
                faults.append("it has no \(name)")
                continue
            }
            switch try isRaw ? search.raw() : search.inToken() {
            case .found(let method): return method
            case .fault(let fault): faults.append("\(name): \(fault)")
            }
        }
        throw KMError(
            .hsmKeyUnsuitable,
            "the token cannot decrypt \(algorithm.rawValue) with this key (\(faults.joined(separator: "; "))); "
                + "check that the key may decrypt (CKA_DECRYPT) and that the HSM's policy allows the mechanism"
        )
    }

    private enum Outcome {
        case found(UnwrapMethod)
        /// Why the token cannot be used in this way.
        case fault(String)
    }

    private struct Search<Token: TokenDecryption> {
        let algorithm: KeyManagementAlgorithm
        let publicKey: RSAPublicKey
        let key: UInt
        let token: Token

        /// Tries RSA-OAEP in the token, and learns how the token rejects ciphertexts.
        func inToken() throws -> Outcome {
            if let fault = try faultOfGoodMessage() { return .fault(fault) }
            guard try token.isHealthy() else { return .fault("the device reports an error after a decryption") }
            var learnt: Set<UInt> = []
            for ciphertext in try ciphertexts() {
                let rv = try decrypt(ciphertext, algorithm.scheme).rv
                guard rv != KM_CKR_OK else { continue }
                learnt.insert(rv)
                guard try token.isHealthy() else { return .fault("the device reports an error after a rejection") }
                // A failure of the device that passes by must not become a rejection.
                let again = try decrypt(ciphertext, algorithm.scheme).rv
                guard again == rv else { throw Self.unsteady(rv, again) }
            }
            // A device that fails steadily rejects right ciphertexts as well.
            if let fault = try faultOfGoodMessage() {
                throw KMError(
                    .hsmUnavailable,
                    "the HSM decrypted one message of a test, and not the next (\(fault)); check its state and its log"
                )
            }
            let unknown = learnt.subtracting(standardRejections).subtracting(possibleRejections)
            guard unknown.isEmpty else {
                let names = unknown.sorted().map(PKCS11Failure.name).joined(separator: ", ")
                return .fault("it rejects some ciphertexts with \(names), which also means a failure of the device")
            }
            let ambiguous = learnt.intersection(possibleRejections)
            return .found(
                .inToken(rejections: standardRejections.union(ambiguous), isAmbiguous: !ambiguous.isEmpty)
            )
        }

        /// Tries raw RSA in the token.
        func raw() throws -> Outcome {
            let (message, ciphertext) = try publicKey.oaepChallenge(algorithm.hash)
            let answer = try decrypt(ciphertext, KM_P11_RSA_RAW)
            guard answer.rv == KM_CKR_OK else { return .fault(PKCS11Failure.name(answer.rv)) }
            let key = try ExternalRSA.unpad(
                answer.memory,
                count: answer.count,
                byteCount: message.count,
                hash: algorithm.hash
            )
            return key == message ? .found(.raw) : .fault("a wrong result")
        }

        /// Why the token does not decrypt a right ciphertext; nil if it does.
        private func faultOfGoodMessage() throws -> String? {
            let (message, ciphertext) = try publicKey.oaepChallenge(algorithm.hash)
            let answer = try decrypt(ciphertext, algorithm.scheme)
            guard answer.rv == KM_CKR_OK else { return PKCS11Failure.name(answer.rv) }
            guard answer.count == message.count, try answer.memory.extracting(0..<message.count) == message else {
                return "a wrong result"
            }
            return nil
        }

        /// Ciphertexts with each fault, with messages of other sizes, and random ones.
        private func ciphertexts() throws -> [[UInt8]] {
            let hash = algorithm.hash
            let maximum = publicKey.byteCount - 2 * (hash == .sha256 ? 32 : 20) - 2
            var made = try OAEPFault.allCases.map { try publicKey.oaepChallenge(hash, fault: $0).ciphertext }
            made += try [0, 16, maximum].map { try publicKey.oaepChallenge(hash, byteCount: $0).ciphertext }
            for _ in 0..<4 {
                // Below the modulus, whose first bit is set.
                let block = try SecureRandom.bytes(publicKey.byteCount)
                made.append([block[0] & 0x7F] + block.dropFirst())
            }
            return made
        }

        private static func unsteady(_ first: UInt, _ second: UInt) -> KMError {
            KMError(
                .hsmUnavailable,
                "the HSM gave two results for one ciphertext (\(PKCS11Failure.name(first)), then "
                    + "\(PKCS11Failure.name(second))); check its state and its log"
            )
        }

        private func decrypt(_ ciphertext: [UInt8], _ scheme: km_p11_scheme) throws -> Decryption {
            let answer = try token.decrypt(ciphertext, with: key, scheme, capacity: publicKey.byteCount)
            guard !losses.contains(answer.rv) else { throw answer.failure }
            return answer
        }
    }
}
#endif
