/// Generates `field-decrypt`: received field-level bodies, valid ones and copies with one defect each.
enum FieldDecryptGeneration: GeneratedOperation {
    static let name = "field-decrypt"

    static func file(_ seeded: SeededBytes) throws -> GeneratedFile {
        GeneratedFile(
            comment: """
                Bodies of field level, with a JWE compact serialization in the place of each value that `paths` reach, as \
                the file of this name one folder up has them: right ones, and one damaged in each way.
                """,
            flags: [
                ("Profile", "As each profile of the wire sends it, bound to a message and not."),
                ("Header", "How a protected header may be written."),
                ("BodyJson", "How the body's JSON may be written."),
                ("Place", "A field is bound to its place by `path`."),
                ("Correlation", "A field is bound to its message by `cid`."),
                ("ContentType", "`cty`."),
                ("SharedKey", "All fields of a body have the same encrypted key."),
                ("NotEncrypted", "A value that is not encrypted. It is never taken as it is."),
                ("Plaintext", "What was encrypted is not one JSON value without white space around it."),
                ("Missing", "A path that reaches nothing."),
                ("RepeatedName", "An object with a name twice, which a path goes through."),
                ("MalformedJson", "The body is no JSON text."),
                ("Limit", "At the edge of JSON nested to 64, or beyond it."),
                ("KeyState", "The state of the key that is named."),
            ] + FieldDocument.flags + JWEDefect.flags,
            groups: [
                GeneratedGroup(
                    "A ring of three keys, as while a key is rotated: one active, one inactive, one discarded.",
                    [GeneratedKeyring.receiver],
                    try tests(seeded).map { try $0.test() }
                )
            ]
        )
    }

    private static func tests(_ seeded: SeededBytes) throws -> [FieldDecryptTest] {
        try profiles(seeded) + samples(seeded) + spellings(seeded) + FieldDecryptTest.defectiveJWEs(seeded)
            + FieldDecryptTest.moved(seeded) + FieldDecryptTest.bound(seeded) + FieldDecryptTest.mixed(seeded)
            + FieldDecryptTest.unencrypted(seeded) + FieldDecryptTest.plaintexts(seeded)
            + FieldDecryptTest.bodies(seeded)
            + FieldDecryptTest.keys(seeded)
    }

    private static func profiles(_ seeded: SeededBytes) throws -> [FieldDecryptTest] {
        try [ProfileVariant.documented, .gateway].flatMap { profile in
            try [(false, false), (true, true), (true, false)].map { isBound, isExpected in
                let what =
                    isBound
                    ? isExpected ? "bound to its message" : "bound to a message where none is due" : "bound to none"
                let comment = "a request in \(profile.comment), \(what)"
                let own = seeded.scope(comment)
                let message = try FieldMessage(FieldDocument.request(own), profile, isBound: isBound, own)
                return try FieldDecryptTest(
                    comment,
                    "Profile",
                    message,
                    correlationID: isExpected ? message.correlationID : nil
                )
            }
        }
    }

    private static func samples(_ seeded: SeededBytes) throws -> [FieldDecryptTest] {
        try FieldDocument.fewSamples(seeded.scope("samples")).map { comment, flag, document in
            let own = seeded.scope(comment)
            return try FieldDecryptTest(comment, flag, FieldMessage(document, .gateway, isBound: false, own))
        }
    }

    private static func spellings(_ seeded: SeededBytes) throws -> [FieldDecryptTest] {
        let message = try FieldMessage(
            FieldDocument.pair(seeded),
            .documented,
            isBound: true,
            seeded.scope("spellings")
        )
        let headers: [(String, (HeaderDraft) -> HeaderDraft)] = [
            ("no kid", { $0.with("kid", nil) }), ("a member that is not known", { $0.with("iat", "1667909294608") }),
            ("members in reverse", { HeaderDraft(members: $0.members.reversed()) }),
            ("members named Path and CID besides", { $0.with("Path", "\"$\"").with("CID", "\"\"") }),
        ]
        let escaped = try message.texts().map { $0.split(separator: ".").joined(separator: "\\u002e") }
        return try headers.map { comment, change in
            try FieldDecryptTest(
                "the headers have \(comment)",
                "Header",
                message.withHeaders(change),
                correlationID: message.correlationID
            )
        } + [FieldDecryptTest("full stops in escapes", "BodyJson", message, body: message.document.body(escaped))]
    }
}
