internal import KMPrimitives

/// `rsa-oaep-decrypt`: a private key, and what claims to be encrypted to it.
struct OAEPVectors: VectorOperation {
    static let name = "rsa-oaep-decrypt"

    enum Hash: String, Decodable {
        case sha256 = "SHA-256"
        case sha1 = "SHA-1"
    }

    struct Shared: MemberSet {
        let privateKey: String
        let hash: Hash

        enum CodingKeys: CodingKey, CaseIterable {
            case privateKey, hash
        }
    }

    struct Input: MemberSet {
        let ciphertext: Hex

        enum CodingKeys: CodingKey, CaseIterable {
            case ciphertext
        }
    }

    struct Output: MemberSet {
        let message: Hex

        enum CodingKeys: CodingKey, CaseIterable {
            case message
        }
    }

    private let key: RSAPrivateKey
    private let hash: RSAPrivateKey.OAEPHash

    init(_ shared: Shared) throws {
        self.init(try RSAPrivateKey(parsing: Array(shared.privateKey.utf8)), shared.hash)
    }

    init(_ key: RSAPrivateKey, _ hash: Hash) {
        self.key = key
        self.hash = hash == .sha256 ? .sha256 : .insecureSHA1
    }

    func entryPoints(_ input: Input, _ expectation: Expectation<Output>) -> [EntryPoint] {
        let message = expectation.output?.message.bytes
        var entryPoints = [
            EntryPoint("decryptOAEP") {
                let decrypted = try key.decryptOAEP(input.ciphertext.bytes.span, hash: hash)
                if let message { try expect(decrypted == SecretBytes(copying: message), "message") }
            }
        ]
        // Of content keys' sizes, and of any where there is nothing to unwrap.
        let keyByteCount = message?.count ?? 32
        if (1...64).contains(keyByteCount) {
            entryPoints.append(EntryPoint("unwrapKey") { try unwrap(input, message, keyByteCount) })
        }
        // SHA-1 is for decryption alone.
        if let message, hash == .sha256 {
            entryPoints.append(
                EntryPoint("encryptOAEP, decryptOAEP") {
                    let ciphertext = try key.publicKey.encryptOAEP(message.span)
                    let decrypted = try key.decryptOAEP(ciphertext.span)
                    try expect(decrypted == SecretBytes(copying: message), "message")
                }
            )
        }
        return entryPoints
    }

    // `unwrapKey` never refuses: random bytes stand in for a key that does not decrypt. So a refusal is that two calls
    // differ, and an acceptance that both give the message.
    private func unwrap(_ input: Input, _ message: [UInt8]?, _ count: Int) throws {
        let first = try key.unwrapKey(input.ciphertext.bytes.span, byteCount: count, hash: hash)
        let second = try key.unwrapKey(input.ciphertext.bytes.span, byteCount: count, hash: hash)
        try expect(first.count == count && second.count == count, "size of key")
        guard first == second else { throw KMError(.authenticationFailed) }
        if let message { try expect(first == SecretBytes(copying: message), "key") }
    }
}
