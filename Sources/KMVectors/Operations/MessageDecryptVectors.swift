internal import Foundation
internal import HTTPTypes
internal import KMSecurity

/// The operation `message-decrypt`: decrypts a body that is one encrypted message.
///
/// The group has a keyring, and each test names the key.
struct MessageDecryptVectors: VectorOperation {
    static let name = "message-decrypt"

    struct Input: MemberSet {
        let cryptoKeyId: String
        let body: Hex

        enum CodingKeys: CodingKey, CaseIterable {
            case cryptoKeyId, body
        }
    }

    struct Output: MemberSet {
        let parameters: Hex

        enum CodingKeys: CodingKey, CaseIterable {
            case parameters
        }
    }

    private let keyring: CryptoKeyring
    private let ciphers: [ParameterCipher]
    private let client: ClientSecurity

    init(_ shared: ReceiverKeyList) throws {
        let keyring = try CryptoKeyring(shared.keyPairs().map(\.key), primary: nil)
        self.keyring = keyring
        ciphers = try WireProfile.all.map { try ParameterCipher(keyring: keyring, profile: $0) }
        client = try ClientSecurity(
            party: .serviceProvider(AccessKey(String(repeating: "0", count: 40))),
            aspID: AspID("000170000000000"),
            secretKey: SecretKey(SecretBytes(randomCount: 32)),
            keyring: keyring
        )
    }

    func entryPoints(_ input: Input, _ expectation: Expectation<Output>) -> [EntryPoint] {
        let parameters = expectation.output?.parameters.bytes
        // The profile affects sending only: ciphers of every profile must decrypt the same bodies.
        var entryPoints = ciphers.map { cipher in
            EntryPoint("decrypt as \(cipher.profile.name)") {
                let decrypted = try cipher.open(input.body.bytes, .message, under: CryptoKeyID(input.cryptoKeyId))
                if let parameters { try expect(decrypted == parameters, "plaintext") }
            }
        }
        entryPoints.append(EntryPoint("open as a response") { try openResponse(input, parameters) })
        guard let parameters, let id = try? CryptoKeyID(input.cryptoKeyId), let key = try? keyring.key(id),
            key.state == .active
        else { return entryPoints }
        return entryPoints
            + ciphers.map { cipher in
                EntryPoint("encrypt as \(cipher.profile.name), decrypt") {
                    let body = try cipher.seal(parameters, .message, under: id, at: Date())
                    try expect(cipher.open(body, .message, under: id) == parameters, "plaintext")
                }
            }
    }

    private func openResponse(_ input: Input, _ parameters: [UInt8]?) throws {
        let request = try client.sealLocally([], for: Endpoint("/", request: .plain, response: .message))
        let headers: HTTPFields = [
            .kmCorrelationID: request.requestHeaders.correlationID.text,
            .kmCryptoKeyID: input.cryptoKeyId,
        ]
        let response = try client.openLocally(headers, input.body.bytes, answering: request)
        if let parameters { try expect(response.parameters == parameters, "plaintext") }
    }
}
