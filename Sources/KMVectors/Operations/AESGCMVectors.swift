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
