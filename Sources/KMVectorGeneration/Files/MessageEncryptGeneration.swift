/// Generates `message-encrypt`: message-level bodies that a sender must produce.
enum MessageEncryptGeneration: GeneratedOperation {
    static let name = "message-encrypt"

    static func file(_ seeded: SeededBytes) throws -> GeneratedFile {
        GeneratedFile(
            comment: """
                Bodies of message level, {"encData":"<JWE compact serialization>"}, that are sent under the key \
                `cryptoKeyId`, byte for byte. What a sender draws at random is given: `contentKey`, `iv`, and \
                `encryptedKey`, the content key under RSA-OAEP-256 to that key. The protected header is \
                {"alg":"RSA-OAEP-256","enc":"<enc>"}, with ,"kid":"<cryptoKeyId>" behind enc in profile documented; `enc` \
                is A256GCM in profile documented and A128GCM in profile gateway unless the test names another. \
                `parameters` are one JSON text, nested to 64 at most. The body decrypts to them, byte for byte.
                """,
            flags: [
                ("Profile", "As each profile writes it, with each enc."),
                ("Parameters", "What parameters may look like."),
                ("MalformedJson", "The parameters are no JSON text."),
                ("Depth", "JSON nested deeper than the limit."),
                ("Key", "The key that is named may not encrypt, or is not there."),
            ],
            groups: [
                GeneratedGroup("A ring of keys in every state.", [try GeneratedKeyring.sender()], try tests(seeded))
            ]
        )
    }

    private static func tests(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        var tests = try ProfileVariant.all.map { profile in
            let own = seeded.scope(profile.comment)
            let request = Array(try ParameterSamples.request(own).utf8)
            return try test("a request in \(profile.comment)", "Profile", request, profile, own)
        }
        for (index, (comment, text)) in try ParameterSamples.valid(seeded.scope("valid")).enumerated() {
            let profile = index.isMultiple(of: 2) ? ProfileVariant.documented : .gateway
            tests.append(try test(comment, "Parameters", text, profile, seeded.scope(comment)))
        }
        for (comment, text) in try ParameterSamples.malformed(seeded.scope("malformed")) {
            let own = seeded.scope(comment)
            tests.append(try test(comment, "MalformedJson", text, .documented, own, error: "malformedJSON"))
        }
        for depth in [65, 1000] {
            let comment = "lists nested to \(depth)"
            let text = Array(ParameterSamples.nested(depth).utf8)
            tests.append(try test(comment, "Depth", text, .documented, seeded.scope(comment), error: "limitExceeded"))
        }
        for (comment, id, error) in GeneratedKeyring.rejectedEncryptionKeys {
            let own = seeded.scope(comment)
            let request = Array(try ParameterSamples.request(own).utf8)
            tests.append(try test(comment, "Key", request, .documented, own, id: id, error: error))
        }
        return tests
    }

    private static func test(
        _ comment: String,
        _ flag: String,
        _ parameters: [UInt8],
        _ profile: ProfileVariant,
        _ seeded: SeededBytes,
        id: String = TestKey.active.id,
        error: String? = nil
    ) throws -> GeneratedTest {
        let draft = try GeneratedMessage.draft(parameters, profile, seeded)
        let inputs: [JSONText.Member] =
            [.init("cryptoKeyId", .text(id))] + profile.members + [
                .init("parameters", .hex(parameters)), .init("contentKey", .hex(draft.key.bytes)),
                .init("encryptedKey", .hex(draft.key.encrypted)), .init("iv", .hex(draft.iv)),
            ]
        if let error { return GeneratedTest(comment, [flag], inputs, .invalid(error)) }
        let body = GeneratedMessage.body(try draft.encrypted().text)
        return GeneratedTest(comment, [flag], inputs, .valid([.init("body", .hex(body))]))
    }
}
