/// Defects of the encrypted key: it does not decrypt to the CEK that encrypted the message.
extension JWEDefect {
    static var contentKeys: [JWEDefect] {
        [
            rewrapped("a content key without its last byte") { Array($0.dropLast()) },
            rewrapped("a content key with a zero byte behind it") { $0 + [0] },
            rewrapped("a content key with a zero byte before it") { [0] + $0 },
            rewrapped("an empty content key") { _ in [] },
            rewrapped("another content key") { $0.map { $0 ^ 0xFF } },
            keyed("a content key in OAEP with a label", "ContentKey") { source in
                try OAEPEncryption.encrypt(
                    source.draft.key.bytes,
                    to: source.key,
                    source.seeded,
                    label: Array("label".utf8)
                )
            },
            keyed("a content key in OAEP whose first byte is not 0", "ContentKey") { source in
                try OAEPEncryption.encrypt(source.draft.key.bytes, to: source.key, source.seeded, firstByte: 1)
            },
            keyed("the content key in the clear", "ContentKey") { $0.draft.key.bytes },
            keyed("an encrypted key of zeros", "ContentKey") { _ in [UInt8](repeating: 0, count: 256) },
            keyed("an encrypted key above the modulus", "ContentKey") { _ in [UInt8](repeating: 0xFF, count: 256) },
            keyed("random bytes for an encrypted key", "ContentKey") { try $0.seeded.bytes(256, "encrypted key") },
            keyed("a message to another key", "OtherKey") { source in
                try OAEPEncryption.encrypt(source.draft.key.bytes, to: source.otherKey, source.seeded)
            },
        ]
    }

    private static func rewrapped(_ comment: String, _ change: @escaping @Sendable ([UInt8]) -> [UInt8]) -> JWEDefect {
        keyed(comment, "ContentKey") { source in
            try OAEPEncryption.encrypt(change(source.draft.key.bytes), to: source.key, source.seeded)
        }
    }

    private static func keyed(
        _ comment: String,
        _ flag: String,
        _ encryptedKey: @escaping @Sendable (Source) throws -> [UInt8]
    ) -> JWEDefect {
        JWEDefect(comment, flag, "authenticationFailed") { source in
            var draft = source.draft
            draft.key = GeneratedContentKey(draft.key, encrypted: try encryptedKey(source))
            return try draft.encrypted().text
        }
    }
}
