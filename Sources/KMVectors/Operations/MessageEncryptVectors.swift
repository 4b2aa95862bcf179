internal import KMSecurity

/// `message-encrypt`: a ring of keys, parameters that are sent under one of them, and all that a sender draws at random.
struct MessageEncryptVectors: VectorOperation {
    static let name = "message-encrypt"

    struct Input: SealingInput {
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

    private let ciphers: SenderCiphers

    init(_ shared: SenderKeyList) throws {
        ciphers = try SenderCiphers(shared)
    }

    func entryPoints(_ input: Input, _ expectation: Expectation<SealedBody>) -> [EntryPoint] {
        ciphers.entryPoints(input, expectation)
    }
}
