/// Generates `field-encrypt`: field-level bodies that a sender must produce.
enum FieldEncryptGeneration: GeneratedOperation {
    static let name = "field-encrypt"

    static func file(_ seeded: SeededBytes) throws -> GeneratedFile {
        GeneratedFile(
            comment: """
                Bodies of field level that are sent under the key `cryptoKeyId`, byte for byte: `parameters` with a JWE \
                compact serialization, as a JSON string, in the place of each value that `paths` reach, and every other \
                byte as it was. What a sender draws at random is given: `contentKey` and `encryptedKey` (the content key \
                under RSA-OAEP-256 to that key), which all fields share, and `ivs`, one for each field in the order of \
                the document. A field's protected header is {"alg":"RSA-OAEP-256","enc":"<enc>","kid":"<cryptoKeyId>",\
                "cty":"json","path":"<normalized path>"}, with ,"cid":"<correlationId>" behind path where there is one. \
                `enc` is A256GCM in profile documented and A128GCM in profile gateway unless the test names another. The \
                body decrypts to the parameters, byte for byte.
                """,
            flags: flags,
            groups: [
                GeneratedGroup("A ring of keys in every state.", [try GeneratedKeyring.sender()], try tests(seeded))
            ]
        )
    }

    private static let flags: [Flag] =
        [("Profile", "As each profile writes it, with each enc, bound to a message and not.")] + FieldDocument.flags + [
            ("Missing", "A path that reaches nothing, where it has to."),
            ("RepeatedName", "An object with a name twice, which a path goes through."),
            ("HalfSurrogate", "A member name with half a surrogate pair, which no path can name."),
            ("Paths", "Paths that are not taken."),
            ("MalformedJson", "The parameters are no JSON text."),
            ("Limit", "Beyond what is taken: JSON nested to 64, 1024 fields, 256 paths, headers of 4096 bytes."),
            ("Key", "The key that is named may not encrypt, or is not there."),
            ("Correlation", "What is no correlation id."),
        ]

    private static func tests(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        try profiles(seeded) + documents(seeded) + rejectedPaths(seeded) + rejectedDocuments(seeded) + keys(seeded)
    }

    private static func profiles(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        try ProfileVariant.all.flatMap { profile in
            try [false, true].map { isBound in
                let comment = "a request in \(profile.comment)\(isBound ? ", bound to a message" : "")"
                let own = seeded.scope(comment)
                var draft = Draft(comment, "Profile", try FieldDocument.request(own))
                draft.profile = profile
                draft.correlationID = isBound ? try TimeSamples.correlationID(own) : nil
                return try draft.sealed(own)
            }
        }
    }

    private static func documents(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        try FieldDocument.samples(seeded.scope("samples")).map { comment, flag, document in
            let own = seeded.scope(comment)
            var draft = Draft(comment, flag, document)
            draft.profile = try own.index(below: 2, "profile") == 0 ? .documented : .gateway
            return try draft.sealed(own)
        }
    }

    private static func rejectedPaths(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        let document = Array(try ParameterSamples.request(seeded.scope("paths")).utf8)
        let tooMany = (0...256).map { "$[\($0)]" }
        let rejected: [(String, [String], String)] = [
            ("no path", [], "limitExceeded"), ("257 paths", tooMany, "limitExceeded"),
            ("one path lies inside another", ["$.a", "$.a.b"], "pathsOverlap"),
            ("one path may lie inside another, by a wildcard", ["$[*]", "$.a.b"], "pathsOverlap"),
            ("the whole document and a part of it", ["$", "$.a"], "pathsOverlap"),
            ("a path without a dollar", ["physicalCardNo"], "pathMalformed"),
            ("a path that ends in a full stop", ["$.a."], "pathMalformed"), ("an empty path", [""], "pathMalformed"),
            ("a path with a bracket that is not closed", ["$['a'"], "pathMalformed"),
            ("an index with a leading zero", ["$[01]"], "pathMalformed"), ("descendants", ["$..a"], "pathUnsupported"),
            ("a filter", ["$[?@.a]"], "pathUnsupported"), ("a slice", ["$[0:1]"], "pathUnsupported"),
            ("two selectors in a pair of brackets", ["$['a','b']"], "pathUnsupported"),
            ("an index from the end", ["$[-1]"], "pathUnsupported"),
        ]
        return try rejected.map { comment, paths, error in
            try Draft(
                "the paths: \(comment)",
                error == "limitExceeded" ? "Limit" : "Paths",
                FieldDocument(paths: paths, pieces: [])
            )
            .rejected(document, error, seeded.scope(comment))
        }
    }

    private static func rejectedDocuments(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        let long = String(repeating: "n", count: 4200)
        let many = "[" + String(repeating: "0,", count: 1024) + "0]"
        let deep = "{\"a\":\(ParameterSamples.nested(64)),\"v\":1}"
        let rejected: [(String, String, [String], String, String)] = [
            ("a member that is missing", "{\"a\":1}", ["$.v"], "Missing", "fieldMissing"),
            ("one member of two that is missing", "{\"a\":1}", ["$.a", "$.v"], "Missing", "fieldMissing"),
            ("a name in other letters", "{\"V\":1}", ["$.v"], "Missing", "fieldMissing"),
            ("an element that is missing", "[1]", ["$[1]"], "Missing", "fieldMissing"),
            ("an index into an object", "{\"0\":1}", ["$[0]"], "Missing", "fieldMissing"),
            ("a member of a text", "\"v\"", ["$.v"], "Missing", "fieldMissing"),
            ("items without the member", "[{},{}]", ["$[*].v"], "Missing", "fieldMissing"),
            ("the field twice", "{\"v\":1,\"v\":2}", ["$.v"], "RepeatedName", "malformedJSON"),
            ("the field twice, once in an escape", "{\"v\":1,\"\\u0076\":2}", ["$.v"], "RepeatedName", "malformedJSON"),
            ("another member twice", "{\"a\":1,\"v\":1,\"a\":2}", ["$.v"], "RepeatedName", "malformedJSON"),
            ("half a surrogate pair for a name", "{\"\\uD83D\":1}", ["$.*"], "HalfSurrogate", "pathUnsupported"),
            ("1025 fields", many, ["$[*]"], "Limit", "limitExceeded"),
            ("a name too long for a header", "{\"\(long)\":1}", ["$.*"], "Limit", "limitExceeded"),
            ("lists nested to 65 beside the field", deep, ["$.v"], "Limit", "limitExceeded"),
            (
                "lists nested to 65 in the field", "{\"v\":\(ParameterSamples.nested(64))}", ["$.v"], "Limit",
                "limitExceeded"
            ),
        ]
        return try rejected.map { comment, document, paths, flag, error in
            try Draft(comment, flag, FieldDocument(paths: paths, pieces: []))
                .rejected(Array(document.utf8), error, seeded.scope(comment))
        }
            + ParameterSamples.malformed(seeded.scope("malformed")).map { comment, document in
                try Draft(comment, "MalformedJson", FieldDocument(paths: ["$.a"], pieces: [], requiresMatches: false))
                    .rejected(document, "malformedJSON", seeded.scope(comment))
            }
    }

    private static func keys(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        let document = Array("{\"v\":1}".utf8)
        let keys = try GeneratedKeyring.rejectedEncryptionKeys.map { comment, id, error in
            var draft = Draft(comment, "Key", FieldDocument(paths: ["$.v"], pieces: []))
            draft.id = id
            return try draft.rejected(document, error, seeded.scope(comment))
        }
        return try keys
            + ["", "991231235959-000000", "991331235959-0000000", "991231235959-000000g"].map { text in
                var draft = Draft("a correlation id that is none: \(text)", "Correlation", .value("1"))
                draft.correlationID = text
                return try draft.rejected(document, "headerInvalid", seeded.scope(text))
            }
    }

    /// A test before its keys and expected result are added.
    private struct Draft {
        let comment: String
        let flag: String
        let document: FieldDocument
        var id = TestKey.active.id
        var profile = ProfileVariant.documented
        var correlationID: String?

        init(_ comment: String, _ flag: String, _ document: FieldDocument) {
            self.comment = comment
            self.flag = flag
            self.document = document
        }

        func sealed(_ seeded: SeededBytes) throws -> GeneratedTest {
            let key = try GeneratedContentKey(profile.enc, to: TestKey.active, seeded)
            let jwes = try document.drafts(key, kid: id, cid: correlationID, seeded).map { try $0.encrypted().text }
            let inputs = inputs(document.parameters, key, try document.ivs(seeded))
            return GeneratedTest(comment, [flag], inputs, .valid([.init("body", .hex(document.body(jwes)))]))
        }

        func rejected(_ parameters: [UInt8], _ error: String, _ seeded: SeededBytes) throws -> GeneratedTest {
            let key = try GeneratedContentKey(profile.enc, to: TestKey.active, seeded)
            let ivs = [try seeded.bytes(12, "IV 0")]
            return GeneratedTest(comment, [flag], inputs(parameters, key, ivs), .invalid(error))
        }

        private func inputs(_ parameters: [UInt8], _ key: GeneratedContentKey, _ ivs: [[UInt8]]) -> [JSONText.Member] {
            [.init("cryptoKeyId", .text(id))] + profile.members
                + (correlationID.map { [.init("correlationId", .text($0))] } ?? []) + [
                    .init("paths", .list(document.paths.map { .text($0) })),
                    .init("requiresMatches", .boolean(document.requiresMatches)),
                    .init("parameters", .hex(parameters)), .init("contentKey", .hex(key.bytes)),
                    .init("encryptedKey", .hex(key.encrypted)), .init("ivs", .list(ivs.map { .hex($0) })),
                ]
        }
    }
}
