/// Tests of received bodies with defective fields, or with fields bound to the wrong path or message.
extension FieldDecryptTest {
    private static let card = "$['physicalCardNo']"

    /// Returns tests of one field, with each defect that a JWE can have.
    static func defectiveJWEs(_ seeded: SeededBytes) throws -> [FieldDecryptTest] {
        let messages = try ["one", "other"].map { name in
            let own = seeded.scope("damaged").scope(name)
            let document = FieldDocument(
                paths: ["$.physicalCardNo"],
                pieces: [
                    "{\"physicalCardNo\":", .field(path: card, value: "\"\(ParameterSamples.card)\""),
                    ",\"physicalCardCVC\":0}",
                ]
            )
            return try FieldMessage(document, .documented, isBound: false, own)
        }
        let target = DefectTarget(
            draft: messages[0].drafts[0],
            other: try messages[1].jwes()[0],
            key: TestKey.active,
            otherKey: TestKey.inactive
        )
        return try JWEDefect.everywhere.map { defect in
            let jwe = try defect.message(target.source(seeded.scope(defect.comment)))
            let body = messages[0].document.text([HeaderDraft.quoted(jwe)])
            // A text without a full stop does not look like a JWE, so it counts as unencrypted.
            let error = jwe.contains(".") ? defect.error : "protectionRequired"
            return try FieldDecryptTest(defect.comment, defect.flag, messages[0], body: body, error: error)
        }
    }

    /// Returns tests in which fields were moved to other paths.
    static func moved(_ seeded: SeededBytes) throws -> [FieldDecryptTest] {
        let own = seeded.scope("moved")
        let message = try FieldMessage(FieldDocument.pair(own), .documented, isBound: false, own)
        let texts = try message.texts()
        let list = try FieldMessage(FieldDocument.items(own, count: 3), .documented, isBound: false, own.scope("list"))
        let items = try list.texts()
        let shorter = try FieldDocument.items(own, count: 2)
        func misplaced(_ comment: String, _ path: String, _ body: String) -> FieldDecryptTest {
            let document = FieldDocument(paths: [path], pieces: [])
            return FieldDecryptTest(comment, "Place", document, Array(body.utf8), error: "fieldMismatch")
        }
        func misplaced(_ comment: String, _ document: FieldDocument, _ texts: [String]) -> FieldDecryptTest {
            FieldDecryptTest(comment, "Place", document, document.body(texts), error: "fieldMismatch")
        }
        return [
            misplaced("two fields exchanged", message.document, texts.reversed()),
            misplaced("one field in both places", message.document, [texts[0], texts[0]]),
            misplaced("the other field in both places", message.document, [texts[1], texts[1]]),
            misplaced("two items of a list exchanged", list.document, [items[1], items[0], items[2]]),
            misplaced("one item of a list in all places", list.document, [items[0], items[0], items[0]]),
            misplaced("the first item of a list taken away", shorter, Array(items.dropFirst())),
            misplaced("an item of a list taken away in the middle", shorter, [items[0], items[2]]),
            FieldDecryptTest(
                "the last item of a list taken away: what is left is as it was",
                "Place",
                shorter,
                shorter.body(Array(items.dropLast())),
                error: nil
            ),
            misplaced("under another name", "$.physicalCardCVC", "{\"physicalCardCVC\":\"\(texts[0])\"}"),
            misplaced("one level down", "$.a.physicalCardNo", "{\"a\":{\"physicalCardNo\":\"\(texts[0])\"}}"),
            misplaced("in a list", "$[0]", "[\"\(texts[0])\"]"),
            misplaced("for the whole document", "$", "\"\(texts[0])\""),
        ]
    }

    /// Returns tests of headers with a wrong `path`, `cid` or `cty`; the field is correctly encrypted under the header.
    static func bound(_ seeded: SeededBytes) throws -> [FieldDecryptTest] {
        let own = seeded.scope("bound")
        let message = try FieldMessage(FieldDocument.pair(own), .documented, isBound: true, own)
        let other = try TimeSamples.correlationID(own.scope("other"))
        let places: [(String, String?)] = [
            ("path is missing", nil), ("path is the other field's", "\"$['physicalCardCVC']\""),
            ("path is with a dot", "\"$.physicalCardNo\""),
            ("path is with double quotes", "\"$[\\\"physicalCardNo\\\"]\""),
            ("path is a wildcard", "\"$[*]\""), ("path is empty", "\"\""), ("path is the whole document", "\"$\""),
            ("path is with a space behind it", "\"\(card) \""), ("path is in other letters", "\"$['physicalcardno']\""),
            ("path is a number", "0"), ("path is a list", "[\"\(card)\"]"),
        ]
        let messages: [(String, String?)] = [
            ("cid is missing", nil), ("cid is another message's", "\"\(other)\""), ("cid is empty", "\"\""),
            ("cid is null", "null"), ("cid is a list", "[\"\(message.correlationID ?? "")\"]"),
            ("cid is with a space behind it", "\"\(message.correlationID ?? "") \""),
        ]
        let types: [(String, String?, String)] = [
            ("cty is missing", nil, "fieldMismatch"), ("cty is in capital letters", "\"JSON\"", "fieldMismatch"),
            ("cty is a media type in full", "\"application/json\"", "fieldMismatch"),
            ("cty is a number", "1", "malformedHeader"), ("cty is null", "null", "malformedHeader"),
        ]
        let changes =
            places.map { ($0, "Place", "path", $1, "fieldMismatch") }
            + messages.map { ($0, "Correlation", "cid", $1, "fieldMismatch") }
            + types.map { ($0, "ContentType", "cty", $1, $2) }
        var tests = try changes.map { comment, flag, name, value, error in
            // Change the header of the first field, whose path is `card`.
            let changed = message.with(0) { $0.with(name, value) }
            return try FieldDecryptTest(comment, flag, changed, correlationID: message.correlationID, error: error)
        }
        let unbound = try FieldMessage(FieldDocument.pair(own), .documented, isBound: false, own.scope("unbound"))
        tests.append(
            try FieldDecryptTest(
                "another correlation id is due",
                "Correlation",
                message,
                correlationID: other,
                error: "fieldMismatch"
            )
        )
        tests.append(
            try FieldDecryptTest(
                "no field is bound, and one is due",
                "Correlation",
                unbound,
                correlationID: other,
                error: "fieldMismatch"
            )
        )
        let last = message.with(1) { $0.with("cid", "\"\(other)\"") }
        tests.append(
            try FieldDecryptTest(
                "the last of two fields, of another message under the same content key",
                "Correlation",
                last,
                correlationID: message.correlationID,
                error: "fieldMismatch"
            )
        )
        return tests
    }

    /// Returns tests that combine fields of two messages, or parts of two fields.
    static func mixed(_ seeded: SeededBytes) throws -> [FieldDecryptTest] {
        let own = seeded.scope("mixed")
        let document = try FieldDocument.pair(own)
        let message = try FieldMessage(document, .documented, isBound: false, own)
        let other = try FieldMessage(document, .documented, isBound: false, own.scope("other"))
        let small = try FieldMessage(document, .gateway, isBound: false, own.scope("small"))
        let (texts, others) = (try message.texts(), try other.texts())
        var rewrapped = message
        let encrypted = try OAEPEncryption.encrypt(message.drafts[0].key.bytes, to: TestKey.active, own.scope("again"))
        rewrapped.drafts[1].key = GeneratedContentKey(message.drafts[1].key, encrypted: encrypted)
        let mixed = [
            ("the first field of another message", [others[0], texts[1]]),
            ("the last field of another message", [texts[0], others[1]]),
            ("the last field of another message with another enc", [texts[0], try small.texts()[1]]),
            ("one content key, encrypted twice", try rewrapped.texts()),
        ].map { comment, texts in
            FieldDecryptTest(comment, "SharedKey", document, document.body(texts), error: "fieldMismatch")
        }
        let exchanged = try JWEParts.partNames.indices.filter { $0 != JWEParts.header && $0 != JWEParts.encryptedKey }
            .map { part in
                var jwes = try message.jwes()
                (jwes[0].parts[part], jwes[1].parts[part]) = (jwes[1].parts[part], jwes[0].parts[part])
                return FieldDecryptTest(
                    "\(JWEParts.partNames[part]) of two fields exchanged",
                    "ModifiedPart",
                    document,
                    document.body(jwes.map(\.text)),
                    error: "authenticationFailed"
                )
            }
        var jwes = try message.jwes()
        jwes[1].parts[JWEParts.tag][try own.index(below: 16, "byte")] ^= 1
        return mixed + exchanged + [
            FieldDecryptTest(
                "a bit of the last field's tag is turned",
                "ModifiedPart",
                document,
                document.body(jwes.map(\.text)),
                error: "authenticationFailed"
            )
        ]
    }
}
