internal import KMSecurity

/// The inputs of an encryption test, at message level or field level.
protocol SealingInput: MemberSet {
    var cryptoKeyId: String { get }
    var profile: ProfileName { get }
    /// The content encryption algorithm, if it is not the default of the profile.
    var enc: EncName? { get }
    var correlationId: String? { get }
    var parameters: Hex { get }
    var contentKey: Hex { get }
    var encryptedKey: Hex { get }
    var allIVs: [Hex] { get }

    func protection() throws -> Protection
}

/// The output of a valid encryption test: the body.
struct SealedBody: MemberSet {
    let body: Hex

    enum CodingKeys: CodingKey, CaseIterable {
        case body
    }
}
