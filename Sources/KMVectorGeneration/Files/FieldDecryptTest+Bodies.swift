/// Tests of received bodies with defects in the document, the plaintexts or the keys.
extension FieldDecryptTest {
    /// Returns tests in which a selected value is missing, not encrypted, or encrypted at message level.
    static func unencrypted(_ seeded: SeededBytes) throws -> [FieldDecryptTest] {
        let own = seeded.scope("unencrypted")
        let message = try FieldMessage(FieldDocument.pair(own), .documented, isBound: false, own)
        let texts = try message.texts()
        let whole = try GeneratedMessage.target(own).draft.encrypted().text
        let values = [
            ("the value in the clear", "\"\(ParameterSamples.card)\"", "protectionRequired"),
            ("an empty text", "\"\"", "protectionRequired"),
            ("a number", "1", "protectionRequired"), ("null", "null", "protectionRequired"),
            ("true", "true", "protectionRequired"), ("a list", "[\"\(texts[0])\"]", "protectionRequired"),
            ("an object", "{\"encData\":\"\(texts[0])\"}", "protectionRequired"),
            ("a message of message level", "\"\(whole)\"", "fieldMismatch"),
        ]
        let alone = values.map { comment, value, error in
            let body = message.document.text([value, "\"\(texts[1])\""])
            return FieldDecryptTest(
                "for the first field, \(comment)",
                "NotEncrypted",
                message.document,
                body,
                error: error
            )
        }
        let last = values.prefix(4).map { comment, value, error in
            let body = message.document.text(["\"\(texts[0])\"", value])
            return FieldDecryptTest(
                "for the last field, \(comment)",
                "NotEncrypted",
                message.document,
                body,
                error: error
            )
        }
        return alone + last + [
            FieldDecryptTest(
                "message level where fields are due",
                "Missing",
                message.document,
                GeneratedMessage.body(whole),
                error: "fieldMissing"
            ),
            FieldDecryptTest("no parameters", "Missing", message.document, Array("{}".utf8), error: "fieldMissing"),
            FieldDecryptTest(
                "one field of two",
                "Missing",
                message.document,
                Array("{\"physicalCardNo\":\"\(texts[0])\"}".utf8),
                error: "fieldMissing"
            ),
            FieldDecryptTest(
                "an error reply",
                "Missing",
                message.document,
                Array("{\"response\":{}}".utf8),
                error: "fieldMissing"
            ),
        ]
    }

    /// Returns tests of plaintexts that are not exactly one JSON value, and of the depth limit.
    static func plaintexts(_ seeded: SeededBytes) throws -> [FieldDecryptTest] {
        let own = seeded.scope("plaintexts")
        let message = try FieldMessage(.value("1"), .gateway, isBound: false, own)
        let texts: [(comment: String, bytes: [UInt8])] = [
            ("a space before the value", Array(" 1".utf8)), ("a line feed behind the value", Array("1\n".utf8)),
            ("a value and a member", Array("1,\"x\":2".utf8)), ("a value and a closing brace", Array("1}".utf8)),
        ]
        // Use every other text; the message-level vectors have all of them.
        let some = try ParameterSamples.malformed(own).enumerated().filter { $0.offset.isMultiple(of: 2) }.map(
            \.element
        )
        let malformed = try (texts + some).map { comment, text in
            try plaintext(comment, "Plaintext", text, message, own, error: "malformedJSON")
        }
        let deep = Array(ParameterSamples.nested(64).utf8)
        let document = FieldDocument.value(ParameterSamples.nested(63))
        return try malformed + [
            plaintext(
                "lists nested to 65 with what is around them",
                "Limit",
                deep,
                message,
                own,
                error: "limitExceeded"
            ),
            FieldDecryptTest(
                "a plaintext: lists nested to 64 with what is around them",
                "Limit",
                FieldMessage(document, .gateway, isBound: false, own.scope("deep"))
            ),
        ]
    }

    private static func plaintext(
        _ comment: String,
        _ flag: String,
        _ text: [UInt8],
        _ message: FieldMessage,
        _ seeded: SeededBytes,
        error: String
    ) throws -> FieldDecryptTest {
        var changed = message
        changed.drafts[0].plaintext = text
        changed.drafts[0].iv = try seeded.bytes(12, comment)
        return try FieldDecryptTest("a plaintext: \(comment)", flag, changed, error: error)
    }

    /// Returns tests of bodies that are not JSON, or that have a duplicate member name.
    static func bodies(_ seeded: SeededBytes) throws -> [FieldDecryptTest] {
        let own = seeded.scope("bodies")
        let message = try FieldMessage(FieldDocument.pair(own), .documented, isBound: false, own)
        let body = String(decoding: try message.body(), as: UTF8.self)
        let text = try message.texts()[0]
        let member = "\"physicalCardNo\":\"\(text)\""
        let open = body.dropLast()
        let rest = body.dropFirst()
        let bodies: [(comment: String, flag: String, body: String)] = [
            ("cut short", "MalformedJson", String(body.prefix(try own.index(below: body.count, "cut")))),
            ("the closing brace is missing", "MalformedJson", String(open)),
            ("a comma before the closing brace", "MalformedJson", "\(open),}"),
            ("a second body behind it", "MalformedJson", "\(body)\(body)"),
            ("a byte order mark before it", "MalformedJson", "\u{FEFF}\(body)"),
            ("the field twice", "RepeatedName", "{\(member),\(rest)"),
            (
                "the field twice, once in the clear", "RepeatedName",
                "{\"physicalCardNo\":\"\(ParameterSamples.card)\",\(rest)"
            ),
            (
                "the field twice, once in escapes", "RepeatedName",
                "\(open),\"\\u0070hysicalCardNo\":\"\(text)\"}"
            ),
            ("another member twice", "RepeatedName", "\(open),\"a\":1,\"a\":1}"),
        ]
        return bodies.map { comment, flag, body in
            FieldDecryptTest("the body: \(comment)", flag, message.document, Array(body.utf8), error: "malformedJSON")
        }
    }

    /// Returns tests of key states and of bodies encrypted to a key other than the named one.
    static func keys(_ seeded: SeededBytes) throws -> [FieldDecryptTest] {
        let own = seeded.scope("keys")
        let document = try FieldDocument.pair(own)
        let message = try FieldMessage(document, .documented, isBound: false, own)
        let inactive = try FieldMessage(document, .documented, isBound: false, to: .inactive, own.scope("inactive"))
        func received(_ comment: String, _ flag: String, _ message: FieldMessage, _ id: String, _ error: String?) throws
            -> FieldDecryptTest
        {
            var received = try FieldDecryptTest(comment, flag, message, error: error)
            received.id = id
            return received
        }
        let unnamed = inactive.withHeaders { $0.with("kid", nil) }
        return try GeneratedKeyring.rejectedDecryptionKeys.map { comment, id, error in
            try received(comment, "KeyState", message, id, error)
        } + [
            received("under an inactive key", "KeyState", inactive, TestKey.inactive.id, nil),
            received("under an inactive key, without kid", "KeyState", unnamed, TestKey.inactive.id, nil),
            received(
                "under another key's id, which the kid is not",
                "KeyId",
                message,
                TestKey.inactive.id,
                "keyIDMismatch"
            ),
            received("to another key, without kid", "KeyId", unnamed, TestKey.active.id, "authenticationFailed"),
        ]
    }
}
