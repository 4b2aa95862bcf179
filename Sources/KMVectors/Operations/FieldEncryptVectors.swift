internal import KMSecurity

/// `field-encrypt`: a ring of keys, parameters of which some values are encrypted under one of them, and all that a
/// sender draws at random.
struct FieldEncryptVectors: VectorOperation {
    static let name = "field-encrypt"

    struct Input: SealingInput {
        let cryptoKeyId: String
        let profile: ProfileName
        let enc: EncName?
        let correlationId: String?
        let paths: [String]
        /// Whether each path has to reach something.
        let requiresMatches: Bool
        let parameters: Hex
        let contentKey, encryptedKey: Hex
        /// One for each field, in the order of the parameters.
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
