internal import KMPrimitives

/// Wycheproof's RSAES-OAEP.
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
            support = .none(reason: "\(names); SHA-256 throughout and SHA-1 throughout are taken")
            return
        }
        guard RSAPublicKey.bitCounts.contains(group.keySize) else {
            support = .none(reason: "an RSA key of \(group.keySize) bits; 2048 to 8192 are taken")
            return
        }
        let key = try RSAPrivateKey(parsing: group.privateKeyPkcs8.bytes)
        if let pem = group.privateKeyPem {
            guard try RSAPrivateKey(parsing: Array(pem.utf8)).publicKey == key.publicKey else {
                throw VectorFileError("privateKeyPkcs8 and privateKeyPem are two keys")
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
            let reason = "a label of \(test.label.bytes.count) bytes; the empty label is taken"
            // Right under its label, it must not decrypt under the empty one. Of an invalid one nothing follows: what
            // is wrong with it may be just that it was made with the empty label.
            guard isValid else { return .skip(reason: reason) }
            return .outside(reason: reason, operation.entryPoints(input, .invalid("")), .authenticationFailed)
        }
        let expectation: Expectation<OAEPVectors.Output> =
            isValid ? .valid(OAEPVectors.Output(message: test.msg)) : .invalid("")
        return .run(operation.entryPoints(input, expectation))
    }
}
