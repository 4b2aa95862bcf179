internal import KMPrimitives

/// The operation `aes-gcm`: decrypts a message, and encrypts it again when it is valid.
struct AESGCMVectors: VectorOperation {
    static let name = "aes-gcm"

    struct Input: MemberSet {
        let key, iv, associatedData, ciphertext, tag: Hex

        enum CodingKeys: CodingKey, CaseIterable {
            case key, iv, associatedData, ciphertext, tag
        }
    }

    struct Output: MemberSet {
        let plaintext: Hex

        enum CodingKeys: CodingKey, CaseIterable {
            case plaintext
        }
    }

    init(_ shared: NoMembers) {}

    init() {}

    func entryPoints(_ input: Input, _ expectation: Expectation<Output>) -> [EntryPoint] {
        let open = EntryPoint("open") {
            let cipher = try AESGCM(key: SecretBytes(copying: input.key.bytes))
            let plaintext = try cipher.open(
                input.ciphertext.bytes.span,
                tag: input.tag.bytes.span,
                iv: input.iv.bytes.span,
                associatedData: input.associatedData.bytes.span
            )
            if let output = expectation.output { try expect(plaintext == output.plaintext.bytes, "plaintext") }
        }
        guard let output = expectation.output else { return [open] }
        let seal = EntryPoint("seal") {
            let cipher = try AESGCM(key: SecretBytes(copying: input.key.bytes))
            let sealed = try cipher.seal(
                output.plaintext.bytes.span,
                iv: input.iv.bytes.span,
                associatedData: input.associatedData.bytes.span
            )
            try expect(sealed.ciphertext == input.ciphertext.bytes, "ciphertext")
            try expect(sealed.tag == input.tag.bytes, "tag")
        }
        return [open, seal]
    }
}

/// The operation `hmac-sha256`: verifies the MAC of a message under a key.
struct HMACVectors: VectorOperation {
    static let name = "hmac-sha256"

    struct Input: MemberSet {
        let key, message, mac: Hex

        enum CodingKeys: CodingKey, CaseIterable {
            case key, message, mac
        }
    }

    init(_ shared: NoMembers) {}

    func entryPoints(_ input: Input, _ expectation: Expectation<NoMembers>) -> [EntryPoint] {
        func prepared() throws -> (hmac: HMACSHA256, mac: HMACSHA256.MAC) {
            let hmac = try HMACSHA256(key: SecretBytes(copying: input.key.bytes))
            guard let mac = HMACSHA256.MAC(input.mac.bytes.span) else { throw KMError(.invalidSize) }
            return (hmac, mac)
        }
        return [
            EntryPoint("authenticate") {
                let made = try prepared().hmac.authenticate(input.message.bytes)
                // Compare byte by byte, independently of the comparison in isValid.
                let isSame = made.withBytes { made in made.indices.allSatisfy { made[$0] == input.mac.bytes[$0] } }
                guard isSame else { throw KMError(.authenticationFailed) }
            },
            EntryPoint("isValid") {
                let (hmac, mac) = try prepared()
                guard try hmac.isValid(mac, for: input.message.bytes.span) else { throw KMError(.authenticationFailed) }
            },
        ]
    }
}
