internal import KMSecurity

/// The operation `message-encrypt`: encrypts the parameters as one message.
///
/// A test gives everything that a sender normally generates at random, so that the body can be compared byte for byte.
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
