/// Generates `message-decrypt`: received message-level bodies, valid ones and copies with one defect each.
enum MessageDecryptGeneration: GeneratedOperation {
    static let name = "message-decrypt"

    static func file(_ seeded: SeededBytes) throws -> GeneratedFile {
        GeneratedFile(
            comment: """
                Bodies of message level, {"encData":"<JWE compact serialization>"}, as the file of this name one folder \
                up has them: right ones, and one damaged in each way.
                """,
            flags: [
                ("Profile", "As each profile of the wire sends it, with each enc."),
                ("Parameters", "What parameters may look like."),
                ("BodyJson", "How the body's JSON may be written."),
                ("BodyForm", "A JSON object that is not exactly encData with a text."),
                ("NotEncrypted", "A body without encData. It is never taken for parameters."),
                ("MalformedJson", "The body, or what was encrypted, is no JSON text."),
                ("Depth", "JSON nested deeper than the limit."),
                ("KeyState", "The state of the key that is named."),
                ("Field", "A field of field level, which is no message."),
            ] + JWEDefect.flags,
            groups: [
                GeneratedGroup(
                    "A ring of three keys, as while a key is rotated: one active, one inactive, one discarded.",
                    [GeneratedKeyring.receiver],
                    try valid(seeded) + defective(seeded) + plaintexts(seeded) + bodies(seeded) + keys(seeded)
                )
            ]
        )
    }

    private static func valid(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        let profiles = try ProfileVariant.all.map { profile in
            let own = seeded.scope(profile.comment)
            let request = Array(try ParameterSamples.request(own).utf8)
            let draft = try GeneratedMessage.draft(request, profile, own)
            return try test("a request in \(profile.comment)", "Profile", draft)
        }
        let texts = try ParameterSamples.valid(seeded.scope("valid")).map { comment, text in
            try test(comment, "Parameters", GeneratedMessage.draft(text, .gateway, seeded.scope(comment)))
        }
        let draft = try GeneratedMessage.target(seeded.scope("bodies")).draft
        let jwe = try draft.encrypted().text
        let spellings = [
            ("white space around everything", " {\n\t\"encData\" : \"\(jwe)\"\r\n} "),
            ("the name in escapes", "{\"\\u0065nc\\u0044ata\":\"\(jwe)\"}"),
            (
                "the full stops in escapes",
                "{\"encData\":\"\(jwe.split(separator: ".").joined(separator: "\\u002e"))\"}"
            ),
        ].map { comment, body in
            GeneratedTest(
                comment,
                ["BodyJson"],
                inputs(Array(body.utf8)),
                .valid([.init("parameters", .hex(draft.plaintext))])
            )
        }
        return profiles + texts + spellings
    }

    private static func defective(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        let target = try GeneratedMessage.target(seeded.scope("damaged"))
        return try JWEDefect.ofMessages.map { defect in
            let jwe = try defect.message(target.source(seeded.scope(defect.comment)))
            let body = GeneratedMessage.body(jwe)
            return GeneratedTest(defect.comment, [defect.flag], inputs(body), .invalid(defect.error))
        }
    }

    private static func plaintexts(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        let own = seeded.scope("plaintexts")
        let malformed = try ParameterSamples.malformed(own).map {
            ($0.comment, "MalformedJson", $0.bytes, "malformedJSON")
        }
        let deep = [65, 1000].map { depth in
            ("nested to \(depth)", "Depth", Array(ParameterSamples.nested(depth).utf8), "limitExceeded")
        }
        // All messages share one CEK; each has its own IV.
        let target = try GeneratedMessage.target(own)
        return try (malformed + deep).map { comment, flag, text, error in
            var draft = target.draft
            draft.plaintext = text
            draft.iv = try own.bytes(12, comment)
            return try test("a plaintext: \(comment)", flag, draft, error: error)
        }
    }

    private static func bodies(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        let own = seeded.scope("bodies")
        let target = try GeneratedMessage.target(own)
        let jwe = try target.draft.encrypted().text
        let body = "{\"encData\":\"\(jwe)\"}"
        let cut = String(body.prefix(try own.index(below: body.count, "cut")))
        let field = try FieldDocument.pair(own).drafts(target.draft.key, kid: TestKey.active.id, cid: nil, own)[0]
        let clear = String(decoding: target.draft.plaintext, as: UTF8.self)
        let bodies: [(comment: String, flag: String, body: String, error: String)] = [
            ("cut short", "MalformedJson", cut, "malformedJSON"),
            ("the closing brace is missing", "MalformedJson", String(body.dropLast()), "malformedJSON"),
            ("a second body behind it", "MalformedJson", "\(body)\(body)", "malformedJSON"),
            ("a comma behind encData", "MalformedJson", "\(body.dropLast()),}", "malformedJSON"),
            ("a byte order mark before it", "MalformedJson", "\u{FEFF}\(body)", "malformedJSON"),
            ("single quotes", "MalformedJson", "{'encData':'\(jwe)'}", "malformedJSON"),
            ("a line feed in the message", "MalformedJson", "{\"encData\":\"\n\(jwe)\"}", "malformedJSON"),
            ("the JWE alone", "MalformedJson", jwe, "malformedJSON"),
            ("encData twice, the same", "BodyForm", "{\"encData\":\"\(jwe)\",\"encData\":\"\(jwe)\"}", "malformedBody"),
            (
                "encData twice, the second of another message", "BodyForm",
                "{\"encData\":\"\(jwe)\",\"encData\":\"\(target.other.text)\"}", "malformedBody"
            ),
            (
                "encData twice, one name in escapes", "BodyForm",
                "{\"encData\":\"\(jwe)\",\"\\u0065ncData\":\"\(jwe)\"}", "malformedBody"
            ),
            ("a member beside encData", "BodyForm", "{\"userId\":1,\"encData\":\"\(jwe)\"}", "malformedBody"),
            ("encData is null", "BodyForm", "{\"encData\":null}", "malformedBody"),
            ("encData is a list", "BodyForm", "{\"encData\":[\"\(jwe)\"]}", "malformedBody"),
            ("the parameters in the clear", "NotEncrypted", clear, "protectionRequired"),
            ("encdata in small letters", "NotEncrypted", "{\"encdata\":\"\(jwe)\"}", "protectionRequired"),
            ("encData one level down", "NotEncrypted", "{\"a\":\(body)}", "protectionRequired"),
            ("the message in a list", "NotEncrypted", "[\(body)]", "protectionRequired"),
            ("the message as a text", "NotEncrypted", "\"\(jwe)\"", "protectionRequired"),
            ("lists nested to 65", "Depth", ParameterSamples.nested(65), "limitExceeded"),
            ("a field for a message", "Field", "{\"encData\":\"\(try field.encrypted().text)\"}", "fieldMismatch"),
        ]
        return bodies.map { comment, flag, body, error in
            GeneratedTest("the body: \(comment)", [flag], inputs(Array(body.utf8)), .invalid(error))
        }
    }

    private static func keys(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        let own = seeded.scope("keys")
        let target = try GeneratedMessage.target(own)
        let plaintext = target.draft.plaintext
        func draft(_ profile: ProfileVariant, kid: String?) throws -> JWEDraft {
            JWEDraft(
                header: .message(profile.enc, kid: kid),
                plaintext: plaintext,
                key: try GeneratedContentKey(profile.enc, to: TestKey.inactive, own.scope(profile.name)),
                iv: try own.bytes(12, "IV \(profile.name)")
            )
        }
        let inactive = TestKey.inactive.id
        let rejected = try GeneratedKeyring.rejectedDecryptionKeys.map { comment, id, error in
            try test(comment, "KeyState", target.draft, id: id, error: error)
        }
        return try rejected + [
            test("under an inactive key", "KeyState", draft(.documented, kid: inactive), id: inactive),
            test("under an inactive key, without kid", "KeyState", draft(.gateway, kid: nil), id: inactive),
            test(
                "under another key's id, which the kid is not",
                "KeyId",
                target.draft,
                id: inactive,
                error: "keyIDMismatch"
            ),
            test(
                "under another key's id, without kid",
                "KeyId",
                draft(.gateway, kid: nil),
                error: "authenticationFailed"
            ),
            test(
                "to another key, under the kid of this one",
                "KeyId",
                draft(.documented, kid: TestKey.active.id),
                error: "authenticationFailed"
            ),
        ]
    }

    private static func test(
        _ comment: String,
        _ flag: String,
        _ draft: JWEDraft,
        id: String = TestKey.active.id,
        error: String? = nil
    ) throws -> GeneratedTest {
        let body = GeneratedMessage.body(try draft.encrypted().text)
        let verdict: GeneratedTest.Verdict =
            error.map { .invalid($0) } ?? .valid([.init("parameters", .hex(draft.plaintext))])
        return GeneratedTest(comment, [flag], inputs(body, id: id), verdict)
    }

    private static func inputs(_ body: [UInt8], id: String = TestKey.active.id) -> [JSONText.Member] {
        [.init("cryptoKeyId", .text(id)), .init("body", .hex(body))]
    }
}
