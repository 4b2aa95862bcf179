internal import KMPrimitives

/// The operation `rsa-oaep-decrypt`: decrypts a ciphertext with a private key.
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
        // Try unwrapKey with the size of the message if a key may have it; an invalid test has no message, so use 32.
        let keyByteCount = message?.count ?? 32
        if (1...64).contains(keyByteCount) {
            entryPoints.append(EntryPoint("unwrapKey") { try unwrap(input, message, keyByteCount) })
        }
        // SHA-1 is supported for decryption only.
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

    // `unwrapKey` never reports a failed decryption: it returns random bytes instead of the key. So the test treats two
    // calls with different results as a rejection, and two calls with the same result as an acceptance.
    private func unwrap(_ input: Input, _ message: [UInt8]?, _ count: Int) throws {
        let first = try key.unwrapKey(input.ciphertext.bytes.span, byteCount: count, hash: hash)
        let second = try key.unwrapKey(input.ciphertext.bytes.span, byteCount: count, hash: hash)
        try expect(first.count == count && second.count == count, "size of key")
        guard first == second else { throw KMError(.authenticationFailed) }
        if let message { try expect(first == SecretBytes(copying: message), "key") }
    }
}
