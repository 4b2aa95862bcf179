internal import Foundation
internal import KMJOSE
internal import KMSecurity

/// The operations `message-encrypt` and `field-encrypt`: encrypts the parameters, or selected values of them.
///
/// A test gives everything that a sender normally generates at random, so that the body can be compared byte for byte.
struct EncryptVectors<Input: EncryptInput>: VectorOperation {
    static var name: String { Input.operationName }

    /// One cipher for each profile and algorithm.
    private let senders: [WireProfile: ParameterCipher]
    private let receiver: ParameterCipher

    init(_ shared: SenderKeyList) throws {
        let keyrings = try shared.keyrings()
        var senders: [WireProfile: ParameterCipher] = [:]
        for profile in WireProfile.all {
            for encryption in ContentEncryptionAlgorithm.allCases {
                let written = profile.with(encryption: encryption)
                senders[written] = try ParameterCipher(keyring: keyrings.sender, profile: written)
            }
        }
        self.senders = senders
        receiver = try ParameterCipher(keyring: keyrings.receiver)
    }

    /// Returns calls that encrypt with the given keys and with fresh keys, and that decrypt the results.
    func entryPoints(_ input: Input, _ expectation: Expectation<SealedBody>) -> [EntryPoint] {
        let body = expectation.output?.body.bytes
        var entryPoints = [
            EntryPoint("seal") {
                let sealed = try seal(input, with: sender(input).insecurelyUsing(Self.given(input)))
                if let body { try expect(sealed == body, "body") }
            },
            EntryPoint("seal with a fresh key, open") {
                let sealed = try seal(input, with: sender(input))
                try expect(open(sealed, input) == input.parameters.bytes, "plaintext")
                guard let body else { return }
                try expect(sealed.count == body.count, "size of body")
                try expect(sealed != body || input.allIVs.isEmpty, "body (same as with the given keys)")
            },
        ]
        if let body {
            entryPoints.append(
                EntryPoint("open the expected body") {
                    try expect(open(body, input) == input.parameters.bytes, "plaintext")
                }
            )
        }
        return entryPoints
    }

    private func sender(_ input: Input) throws -> ParameterCipher {
        let profile = input.profile.profile
        let written = input.enc.map { profile.with(encryption: $0.encryption) } ?? profile
        guard let cipher = senders[written] else { throw Mismatch(what: "no sender for the profile and enc") }
        return cipher
    }

    private static func given(_ input: Input) throws -> InsecureGivenKey {
        InsecureGivenKey(
            try SecretBytes(copying: input.contentKey.bytes),
            encryptedKey: input.encryptedKey.bytes,
            ivs: input.allIVs.flatMap(\.bytes)
        )
    }

    private func seal(_ input: Input, with cipher: ParameterCipher) throws -> [UInt8] {
        try cipher.seal(
            input.parameters.bytes,
            input.protection(),
            under: CryptoKeyID(input.cryptoKeyId),
            at: Date(timeIntervalSince1970: 0),
            correlationID: input.correlationId.map(CorrelationID.init)
        )
    }

    private func open(_ body: [UInt8], _ input: Input) throws -> [UInt8] {
        try receiver.open(
            body,
            input.protection(),
            under: CryptoKeyID(input.cryptoKeyId),
            correlationID: input.correlationId.map(CorrelationID.init)
        )
    }
}
