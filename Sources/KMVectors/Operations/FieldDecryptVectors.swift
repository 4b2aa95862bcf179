internal import Foundation
internal import HTTPTypes
internal import KMJSON
internal import KMSecurity

/// The operation `field-decrypt`: decrypts a body in which selected values are encrypted.
///
/// The group has a keyring, and each test names the key.
struct FieldDecryptVectors: VectorOperation {
    static let name = "field-decrypt"

    struct Input: MemberSet {
        let cryptoKeyId: String
        /// The correlation id that the fields must be bound to.
        ///
        /// Without it, fields may be bound to any message or to none.
        let correlationId: String?
        let paths: [String]
        /// Whether each path must match at least one value.
        let requiresMatches: Bool
        let body: Hex

        enum CodingKeys: CodingKey, CaseIterable {
            case cryptoKeyId, correlationId, paths, requiresMatches, body
        }

        func protection() throws -> Protection {
            .fields(try FieldSelection(paths, requiresMatches: requiresMatches))
        }
    }

    struct Output: MemberSet {
        let parameters: Hex

        enum CodingKeys: CodingKey, CaseIterable {
            case parameters
        }
    }

    private let privateKeys: [CryptoKeyID: RSAPrivateKey]
    /// One cipher for each profile, without and with a data-key cache that all tests of the group share.
    private let ciphers, cachingCiphers: [ParameterCipher]
    private let client: ClientSecurity

    init(_ shared: ReceiverKeyList) throws {
        let pairs = try shared.keyPairs()
        let keys = pairs.map(\.key)
        let keyring = try CryptoKeyring(keys, primary: keys.first { $0.state == .active }?.id)
        privateKeys = Dictionary(uniqueKeysWithValues: pairs.map { ($0.key.id, $0.privateKey) })
        ciphers = try WireProfile.all.map { try ParameterCipher(keyring: keyring, profile: $0) }
        let caching = DataKeyCaching(maximumAge: .seconds(86400))
        cachingCiphers = try WireProfile.all.map {
            try ParameterCipher(keyring: keyring, profile: $0, dataKeyCaching: caching)
        }
        client = try ClientSecurity(
            party: .serviceProvider(AccessKey(String(repeating: "0", count: 40))),
            aspID: AspID("000170000000000"),
            secretKey: SecretKey(SecretBytes(randomCount: 32)),
            keyring: keyring
        )
    }

    func entryPoints(_ input: Input, _ expectation: Expectation<Output>) -> [EntryPoint] {
        let parameters = expectation.output?.parameters.bytes
        let receivers =
            ciphers.map { cipher in
                EntryPoint("open as \(cipher.profile.name)") {
                    let opened = try open(input, with: cipher)
                    if let parameters { try expect(opened == parameters, "plaintext") }
                }
            }
            + cachingCiphers.map { cipher in
                // The result must not depend on what was decrypted or rejected before.
                EntryPoint("open as \(cipher.profile.name) with a data-key cache, twice") {
                    try expect((try? open(input, with: cipher)) == parameters, "plaintext at first")
                    let opened = try open(input, with: cipher)
                    if let parameters { try expect(opened == parameters, "plaintext") }
                }
            }
        guard let parameters, let id = try? CryptoKeyID(input.cryptoKeyId),
            let key = try? ciphers[0].keyring.key(id), key.state == .active
        else { return receivers }
        var senders = ciphers.map { cipher in
            EntryPoint("seal as \(cipher.profile.name), open") {
                try sealAgain(parameters, input, id, with: cipher, sharesKey: false)
            }
        }
        senders += cachingCiphers.map { cipher in
            EntryPoint("seal as \(cipher.profile.name) with a data-key cache, open") {
                try sealAgain(parameters, input, id, with: cipher, sharesKey: true)
            }
        }
        if id == ciphers[0].keyring.primaryID {
            senders.append(EntryPoint("request and response with the parameters") { try call(parameters, input, id) })
        }
        return receivers + senders
    }

    private func open(_ input: Input, with cipher: ParameterCipher) throws -> [UInt8] {
        try cipher.open(
            input.body.bytes,
            input.protection(),
            under: CryptoKeyID(input.cryptoKeyId),
            correlationID: input.correlationId.map(CorrelationID.init)
        )
    }
}

extension FieldDecryptVectors {
    /// Encrypts twice, decrypts both bodies, and checks whether they share one content encryption key as expected.
    private func sealAgain(
        _ parameters: [UInt8],
        _ input: Input,
        _ id: CryptoKeyID,
        with cipher: ParameterCipher,
        sharesKey: Bool
    ) throws {
        let protection = try input.protection()
        let correlationID = try input.correlationId.map(CorrelationID.init)
        let parts = try (1...2).map { _ in
            let body = try cipher.seal(parameters, protection, under: id, at: Date(), correlationID: correlationID)
            let opened = try cipher.open(body, protection, under: id, correlationID: correlationID)
            try expect(opened == parameters, "plaintext")
            let parts = try check(body, of: parameters, input, id, correlationID, cipher.profile)
            try checkIsBound(body, protection, id, correlationID, parts)
            return parts
        }
        try expect(parts[0].ivs.isDisjoint(with: parts[1].ivs), "IV (used before)")
        let keys = parts[0].encryptedKeys.union(parts[1].encryptedKeys)
        try expect(keys.count == (parts[0].ivs.isEmpty ? 0 : sharesKey ? 1 : 2), "number of content encryption keys")
    }

    private func check(
        _ body: [UInt8],
        of parameters: [UInt8],
        _ input: Input,
        _ id: CryptoKeyID,
        _ correlationID: CorrelationID?,
        _ profile: WireProfile
    ) throws -> SealedFields.Parts {
        guard let privateKey = privateKeys[id] else { throw Mismatch(what: "no private key") }
        let sealed = SealedFields(
            encryption: profile == .gateway ? .a128GCM : .a256GCM,
            keyID: id,
            privateKey: privateKey,
            correlationID: correlationID
        )
        let selection = try FieldSelection(input.paths, requiresMatches: input.requiresMatches)
        return try sealed.check(body, of: parameters, selection)
    }

    /// Checks that the fields do not decrypt under another correlation id.
    private func checkIsBound(
        _ body: [UInt8],
        _ protection: Protection,
        _ id: CryptoKeyID,
        _ correlationID: CorrelationID?,
        _ parts: SealedFields.Parts
    ) throws {
        guard !parts.ivs.isEmpty else { return }
        let other = try ["991231235959-fffffff", "991231235959-ffffffe"].map(CorrelationID.init)
            .first { $0 != correlationID }
        do {
            _ = try ciphers[0].open(body, protection, under: id, correlationID: other)
        } catch let error as KMError where error.code == .fieldMismatch {
            return
        }
        throw Mismatch(what: "fields decrypted under another correlation id")
    }

    /// Sends the parameters in a request and in its response.
    private func call(_ parameters: [UInt8], _ input: Input, _ id: CryptoKeyID) throws {
        let protection = try input.protection()
        let request = try client.sealLocally(
            parameters,
            for: Endpoint("/", request: .init(protection), response: .init(protection))
        )
        let correlationID = request.requestHeaders.correlationID
        _ = try check(request.body, of: parameters, input, id, correlationID, .documented)
        let received = try ciphers[1].open(request.body, protection, under: id, correlationID: correlationID)
        try expect(received == parameters, "plaintext of the request")
        let answer = try ciphers[1].seal(parameters, protection, under: id, at: Date(), correlationID: correlationID)
        let headers: HTTPFields = [.kmCorrelationID: correlationID.text, .kmCryptoKeyID: id.text]
        let response = try client.openLocally(headers, answer, answering: request)
        try expect(response.parameters == parameters, "plaintext of the response")
    }
}

extension FieldSelection {
    /// Creates a selection from the text of paths, each of which must match at least once if `requiresMatches` is true.
    init(_ paths: [String], requiresMatches: Bool) throws {
        try self.init(paths, presence: requiresMatches ? .atLeastOnce : .optional)
    }

    /// Creates a selection from paths, each of which must match at least once if `requiresMatches` is true.
    init(_ paths: [JSONPath], requiresMatches: Bool) throws {
        try self.init(paths, presence: requiresMatches ? .atLeastOnce : .optional)
    }
}
