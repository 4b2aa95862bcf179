internal import KMPrimitives

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
