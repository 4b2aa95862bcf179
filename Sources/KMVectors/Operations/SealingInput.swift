internal import KMSecurity

/// What a test of a body that is sealed has, of either level.
protocol SealingInput: MemberSet {
    var cryptoKeyId: String { get }
    var profile: ProfileName { get }
    /// The algorithm, where it is not the profile's own.
    var enc: EncName? { get }
    var correlationId: String? { get }
    var parameters: Hex { get }
    var contentKey: Hex { get }
    var encryptedKey: Hex { get }
    var allIVs: [Hex] { get }

    func protection() throws -> Protection
}

/// The body of a valid test.
struct SealedBody: MemberSet {
    let body: Hex

    enum CodingKeys: CodingKey, CaseIterable {
        case body
    }
}
