internal import KMSecurity

/// The operation `field-encrypt`: encrypts selected values of the parameters.
///
/// A test gives everything that a sender normally generates at random, so that the body can be compared byte for byte.
struct FieldEncryptVectors: VectorOperation {
    static let name = "field-encrypt"

    struct Input: SealingInput {
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

    private let ciphers: SenderCiphers

    init(_ shared: SenderKeyList) throws {
        ciphers = try SenderCiphers(shared)
    }

    func entryPoints(_ input: Input, _ expectation: Expectation<SealedBody>) -> [EntryPoint] {
        ciphers.entryPoints(input, expectation)
    }
}
