/// Generates `jwe-decrypt`: received JWEs, valid ones and copies with one defect each.
enum JWEDecryptGeneration: GeneratedOperation {
    static let name = "jwe-decrypt"

    static func file(_ seeded: SeededBytes) throws -> GeneratedFile {
        GeneratedFile(
            comment: """
                JWE compact serializations (RFC 7516) under RSA-OAEP-256 and AES-GCM (RFC 7518), as the file of this name \
                one folder up has them: right ones, and one damaged in each way. `keyId` names the key that is due.
                """,
            flags: [
                ("Header", "What a protected header may look like."),
                ("Size", "Plaintexts at and beside a block of the cipher."),
            ] + JWEDefect.flags,
            groups: [
                GeneratedGroup(
                    "Messages under RSA of 2048 bits.",
                    [.init("privateKey", .text(TestKey.active.privateKey)), .init("policy", "standard")],
                    try valid(seeded) + defective(seeded)
                )
            ]
        )
    }

    private static func valid(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        let kid = "\"\(TestKey.active.id)\""
        let headers: [(String, String, (HeaderDraft) -> HeaderDraft)] = [
            ("A128GCM", "A128GCM", { $0 }), ("A256GCM", "A256GCM", { $0 }),
            ("A128GCM with kid", "A128GCM", { $0.with("kid", kid) }),
            ("A256GCM with kid", "A256GCM", { $0.with("kid", kid) }),
            ("cty", "A256GCM", { $0.with("cty", "\"json\"") }),
            (
                "a member of every type that is not known", "A128GCM",
                { header in
                    [("a", "1"), ("b", "[]"), ("c", "{\"alg\":\"none\"}"), ("d", "null"), ("e", "\"\""), ("f", "true")]
                        .reduce(header) { $0.with($1.0, $1.1) }
                }
            ),
            ("enc before alg", "A256GCM", { HeaderDraft(members: $0.members.reversed()) }),
            (
                "kid and iat, as similar platforms send", "A256GCM",
                {
                    $0.with("kid", kid).with("iat", "1667909294608")
                }
            ),
        ]
        let sizes = try [0, 1, 15, 16, 17, 31, 32, 33, 500].map { count in
            let comment = "a plaintext of \(count) byte\(count == 1 ? "" : "s")"
            let own = seeded.scope(comment)
            let enc = count.isMultiple(of: 2) ? "A256GCM" : "A128GCM"
            return try test(comment, "Size", .message(enc, kid: nil), own.bytes(count, "plaintext"), own)
        }
        return try headers.map { comment, enc, change in
            let own = seeded.scope(comment)
            let plaintext = Array(try ParameterSamples.request(own).utf8)
            return try test(comment, "Header", change(.message(enc, kid: nil)), plaintext, own)
        } + sizes
    }

    private static func test(
        _ comment: String,
        _ flag: String,
        _ header: HeaderDraft,
        _ plaintext: [UInt8],
        _ seeded: SeededBytes
    ) throws -> GeneratedTest {
        let names = ["alg", "enc", "kid", "cty"]
        let found = names.compactMap { name in
            header.value(name).map { JSONText.Member(name, .text(String($0.dropFirst().dropLast()))) }
        }
        let enc = header.value("enc") == "\"A256GCM\"" ? "A256GCM" : "A128GCM"
        let key = try GeneratedContentKey(enc, to: TestKey.active, seeded)
        let draft = JWEDraft(header: header, plaintext: plaintext, key: key, iv: try seeded.bytes(12, "IV"))
        return GeneratedTest(
            comment,
            [flag],
            inputs(try draft.encrypted().text),
            .valid([.init("header", .object(found)), .init("plaintext", .hex(plaintext))])
        )
    }

    private static func defective(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        let target = try GeneratedMessage.target(seeded.scope("damaged"))
        return try JWEDefect.all.map { defect in
            let jwe = try defect.message(target.source(seeded.scope(defect.comment)))
            return GeneratedTest(defect.comment, [defect.flag], inputs(jwe), .invalid(defect.error))
        }
    }

    private static func inputs(_ jwe: String) -> [JSONText.Member] {
        [.init("jwe", .text(jwe)), .init("keyId", .text(TestKey.active.id))]
    }
}
