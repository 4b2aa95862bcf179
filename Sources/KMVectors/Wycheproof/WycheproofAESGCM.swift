internal import KMPrimitives

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
