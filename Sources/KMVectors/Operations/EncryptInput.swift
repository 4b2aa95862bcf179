internal import KMSecurity

/// The inputs of an encryption test, at message level or field level.
protocol EncryptInput: MemberSet {
    /// The name of the operation in files.
    static var operationName: String { get }

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

/// The inputs of a test of `message-encrypt`.
struct MessageEncryptInput: EncryptInput {
    static let operationName = "message-encrypt"

    let cryptoKeyId: String
    let profile: ProfileName
    let enc: EncName?
    let parameters: Hex
    let contentKey, encryptedKey, iv: Hex

    enum CodingKeys: CodingKey, CaseIterable {
        case cryptoKeyId, profile, enc, parameters, contentKey, encryptedKey, iv
    }

    var correlationId: String? { nil }
    var allIVs: [Hex] { [iv] }

    func protection() -> Protection { .message }
}

/// The inputs of a test of `field-encrypt`.
struct FieldEncryptInput: EncryptInput {
    static let operationName = "field-encrypt"

    let cryptoKeyId: String
    let profile: ProfileName
    let enc: EncName?
    let correlationId: String?
    let paths: [String]
    /// Whether each path must match at least one value.
    let requiresMatches: Bool
    let parameters: Hex
    let contentKey, encryptedKey: Hex
    /// One IV for each field, in the order in which the fields appear in the parameters.
    let ivs: [Hex]

    enum CodingKeys: CodingKey, CaseIterable {
        case cryptoKeyId, profile, enc, correlationId, paths, requiresMatches, parameters, contentKey, encryptedKey
        case ivs
    }

    var allIVs: [Hex] { ivs }

    func protection() throws -> Protection {
        .fields(try FieldSelection(paths, requiresMatches: requiresMatches))
    }
}

/// The output of a valid encryption test: the body.
struct SealedBody: MemberSet {
    let body: Hex

    enum CodingKeys: CodingKey, CaseIterable {
        case body
    }
}
