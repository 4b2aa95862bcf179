internal import KMPrimitives

/// Wycheproof's tests for RSAES-OAEP decryption.
struct WycheproofOAEP: WycheproofOperation {
    static let algorithm = "RSAES-OAEP"
    static let groupType = "RsaesOaepDecrypt"

    struct Group: MemberSet {
        let keySize: Int
        let sha, mgf, mgfSha: String
        let privateKey, privateKeyJwk: Anything?
        let privateKeyPkcs8: Hex
        let privateKeyPem: String?

        enum CodingKeys: CodingKey, CaseIterable {
            case keySize, sha, mgf, mgfSha, privateKey, privateKeyJwk, privateKeyPkcs8, privateKeyPem
        }
    }

    struct Test: MemberSet {
        let msg, ct, label: Hex

        enum CodingKeys: CodingKey, CaseIterable {
            case msg, ct, label
        }
    }

    private enum Support {
        case full(OAEPVectors)
        case none(reason: String)
    }

    private let support: Support

    init(_ group: Group) throws {
        guard group.mgf == "MGF1", group.sha == group.mgfSha, let hash = OAEPVectors.Hash(rawValue: group.sha) else {
            let names = "\(group.sha) with \(group.mgf) and \(group.mgfSha)"
            support = .none(reason: "\(names); must be MGF1, with SHA-256 for both hashes or SHA-1 for both")
            return
        }
        guard RSAPublicKey.bitCounts.contains(group.keySize) else {
            support = .none(reason: "an RSA key of \(group.keySize) bits; must be 2048 to 8192")
            return
        }
        let key = try RSAPrivateKey(parsing: group.privateKeyPkcs8.bytes)
        if let pem = group.privateKeyPem {
            guard try RSAPrivateKey(parsing: Array(pem.utf8)).publicKey == key.publicKey else {
                throw VectorFileError("privateKeyPkcs8 and privateKeyPem must be the same key")
            }
        }
        support = .full(OAEPVectors(key, hash))
    }

    func treatment(of test: Test, isValid: Bool) -> WycheproofTreatment {
        let operation: OAEPVectors
        switch support {
        case .full(let full): operation = full
        case .none(let reason): return .skip(reason: reason)
        }
        let input = OAEPVectors.Input(ciphertext: test.ct)
        guard test.label.bytes.isEmpty else {
            let reason = "a label of \(test.label.bytes.count) bytes; must be empty"
            // A ciphertext that is valid under its label must not decrypt under the empty label. An invalid ciphertext
            // may do so: perhaps its only fault is that it was encrypted with the empty label.
            guard isValid else { return .skip(reason: reason) }
            return .outside(reason: reason, operation.entryPoints(input, .invalid("")), .authenticationFailed)
        }
        let expectation: Expectation<OAEPVectors.Output> =
            isValid ? .valid(OAEPVectors.Output(message: test.msg)) : .invalid("")
        return .run(operation.entryPoints(input, expectation))
    }
}

/// Wycheproof's tests for AES-GCM.
struct WycheproofAESGCM: WycheproofOperation {
    static let algorithm = "AES-GCM"
    static let groupType = "AeadTest"

    struct Group: MemberSet {
        let ivSize, keySize, tagSize: Int

        enum CodingKeys: CodingKey, CaseIterable {
            case ivSize, keySize, tagSize
        }
    }

    struct Test: MemberSet {
        let key, iv, aad, msg, ct, tag: Hex

        enum CodingKeys: CodingKey, CaseIterable {
            case key, iv, aad, msg, ct, tag
        }
    }

    private let group: Group

    init(_ group: Group) {
        self.group = group
    }

    func treatment(of test: Test, isValid: Bool) -> WycheproofTreatment {
        let input = AESGCMVectors.Input(
            key: test.key,
            iv: test.iv,
            associatedData: test.aad,
            ciphertext: test.ct,
            tag: test.tag
        )
        let entryPoints = AESGCMVectors().entryPoints(
            input,
            isValid ? .valid(AESGCMVectors.Output(plaintext: test.msg)) : .invalid("")
        )
        guard let reason else { return .run(entryPoints) }
        return .outside(reason: reason, entryPoints, .invalidSize)
    }

    /// The reason why this package does not support the group's sizes, or nil if it does.
    private var reason: String? {
        if group.keySize != 128, group.keySize != 256 { return "a key of \(group.keySize) bits; must be 128 or 256" }
        if group.ivSize != 96 { return "an IV of \(group.ivSize) bits; must be 96" }
        if group.tagSize != 128 { return "a tag of \(group.tagSize) bits; must be 128" }
        return nil
    }
}

/// Wycheproof's tests for HMAC-SHA-256.
struct WycheproofHMAC: WycheproofOperation {
    static let algorithm = "HMACSHA256"
    static let groupType = "MacTest"

    struct Group: MemberSet {
        let keySize, tagSize: Int

        enum CodingKeys: CodingKey, CaseIterable {
            case keySize, tagSize
        }
    }

    struct Test: MemberSet {
        let key, msg, tag: Hex

        enum CodingKeys: CodingKey, CaseIterable {
            case key, msg, tag
        }
    }

    private let group: Group

    init(_ group: Group) {
        self.group = group
    }

    func treatment(of test: Test, isValid: Bool) -> WycheproofTreatment {
        let entryPoints = HMACVectors(NoMembers()).entryPoints(
            HMACVectors.Input(key: test.key, message: test.msg, mac: test.tag),
            isValid ? .valid(NoMembers()) : .invalid("")
        )
        guard group.tagSize == 256 else {
            let reason = "a MAC truncated to \(group.tagSize) bits; must be 256"
            return .outside(reason: reason, entryPoints, .invalidSize)
        }
        return .run(entryPoints)
    }
}
