internal import KMJOSE
internal import KMPrimitives

/// The operation `jwe-decrypt`: decrypts a JWE compact serialization with a private key.
struct JWEDecryptVectors: VectorOperation {
    static let name = "jwe-decrypt"

    enum Policy: String, Decodable {
        case standard, insecureAllowingSHA1
    }

    struct Shared: MemberSet {
        let privateKey: String
        let privateKeyJwk: String?
        let policy: Policy

        enum CodingKeys: CodingKey, CaseIterable {
            case privateKey, privateKeyJwk, policy
        }
    }

    struct Input: MemberSet {
        let jwe: String
        let keyId: String?

        enum CodingKeys: CodingKey, CaseIterable {
            case jwe, keyId
        }
    }

    struct Output: MemberSet {
        let header: Strict<Header>
        let plaintext: Hex

        enum CodingKeys: CodingKey, CaseIterable {
            case header, plaintext
        }
    }

    /// The header parameters that this package reads.
    struct Header: MemberSet {
        let alg, enc: String
        let kid, cty: String?

        enum CodingKeys: CodingKey, CaseIterable {
            case alg, enc, kid, cty
        }
    }

    /// One decryptor for the PEM key, and one for the JWK if the group has it.
    private let decryptors: [(name: String, decryptor: JWEDecryptor)]
    private let publicKey: RSAPublicKey

    init(_ shared: Shared) throws {
        let policy: JWEPolicy = shared.policy == .standard ? .standard : .insecureAllowingSHA1
        let key = try RSAPrivateKey(parsing: Array(shared.privateKey.utf8))
        var decryptors = [("decrypt", JWEDecryptor(with: key, policy: policy))]
        if let jwk = shared.privateKeyJwk {
            let same = try RSAPrivateKey(jwk: Array(jwk.utf8))
            guard same.publicKey == key.publicKey else {
                throw VectorFileError("privateKey and privateKeyJwk must be the same key")
            }
            decryptors.append(("decrypt with the JWK", JWEDecryptor(with: same, policy: policy)))
        }
        self.decryptors = decryptors
        publicKey = key.publicKey
    }

    func entryPoints(_ input: Input, _ expectation: Expectation<Output>) -> [EntryPoint] {
        let output = expectation.output
        var entryPoints = decryptors.map { name, decryptor in
            EntryPoint(name) {
                try Self.check(decryptor.decrypt(Array(input.jwe.utf8), keyID: input.keyId), output)
            }
        }
        entryPoints.append(
            EntryPoint("decrypt within a larger buffer") {
                let buffer = Array(".\(input.jwe).".utf8)
                let message = buffer.span.extracting(1..<buffer.count - 1)
                try Self.check(decryptors[0].decryptor.decrypt(message, keyID: input.keyId), output)
            }
        )
        if let output {
            entryPoints.append(EntryPoint("encrypt, decrypt") { try encryptAgain(input, output) })
        }
        return entryPoints
    }

    private static func check(_ message: JWEDecryptor.Message, _ output: Output?) throws {
        guard let output else { return }
        let header = output.header.members
        try expect(message.header.algorithm.rawValue, header.alg, "alg")
        try expect(message.header.encryption.rawValue, header.enc, "enc")
        try expect(message.header.keyID, header.kid, "kid")
        try expect(message.header.contentType, header.cty, "cty")
        try expect(message.plaintext == output.plaintext.bytes, "plaintext")
    }

    /// Encrypts the plaintext again under the same header, but always with RSA-OAEP-256, and decrypts it.
    private func encryptAgain(_ input: Input, _ output: Output) throws {
        let header = output.header.members
        guard let encryption = ContentEncryptionAlgorithm(rawValue: header.enc) else {
            throw Mismatch(what: "unknown enc")
        }
        let encryptor = try JWEEncryptor(
            to: publicKey,
            header: JWEHeader(encryption: encryption, keyID: header.kid, contentType: header.cty)
        )
        let jwe = try encryptor.encrypt(output.plaintext.bytes)
        try expect(jwe.count == encryptor.encryptedByteCount(output.plaintext.bytes.count), "size")
        let message = try decryptors[0].decryptor.decrypt(jwe, keyID: input.keyId)
        try expect(message.header == encryptor.header, "header")
        try expect(message.plaintext == output.plaintext.bytes, "plaintext")
    }
}
