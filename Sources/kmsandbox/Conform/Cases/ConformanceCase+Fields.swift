#if Sandbox
import HTTPTypes
import KMPrimitives
import KMSecurity
import KMVectorGeneration
import KMWire

/// Field-level calls with one defect.
extension ConformanceCase {
    static let fields = [
        field(
            "field-moved",
            "The server rejects a field that is bound to another path.",
            fault: "the server does not compare path in the field's header with the place of the field"
        ) { maker in
            var moved = try FieldDraft(maker)
            moved.jwes[0].header = moved.jwes[0].header.with("path", moved.jwes[1].header.value("path"))
            var unbound = try FieldDraft(maker)
            unbound.jwes[0].header = unbound.jwes[0].header.with("path", nil)
            var swapped = try FieldDraft(maker)
            swapped.jwes.swapAt(0, 2)
            return [
                ("bound to another path", try moved.call(maker)), ("without path", try unbound.call(maker)),
                ("two fields swapped", try swapped.call(maker)),
            ]
        },
        field(
            "field-of-other-call",
            "The server rejects a field that is bound to the correlation id of another call.",
            fault: "the server does not compare cid in the field's header with X-KM-Correlation-Id"
        ) { maker in
            var other = try FieldDraft(maker)
            let cid = try maker.stamp().correlationID.text
            other.jwes[1].header = other.jwes[1].header.with("cid", "\"\(cid)\"")
            var unbound = try FieldDraft(maker)
            for index in unbound.jwes.indices {
                unbound.jwes[index].header = unbound.jwes[index].header.with("cid", nil)
            }
            return [("another cid", try other.call(maker)), ("without cid", try unbound.call(maker))]
        },
        field(
            "field-content-key",
            "The server rejects fields that are not under the same content encryption key.",
            fault:
                "the server accepts fields of several messages: it does not compare their encrypted keys"
        ) { maker in
            var draft = try FieldDraft(maker)
            draft.jwes[2].key = try maker.contentKey()
            return [("", try draft.call(maker))]
        },
        field(
            "field-plain",
            "The server rejects a call in which one of the fields is plain.",
            fault: "the server accepts plain values where a field must be encrypted"
        ) { maker in
            try (0..<3).map { index in
                let draft = try FieldDraft(maker)
                var values = try draft.values()
                values[index] = draft.plain(index)
                return (draft.name(index), try draft.call(maker, values))
            }
        },
        field(
            "field-duplicate",
            "The server rejects a body in which the member of a field appears twice.",
            fault: "the server's JSON parser keeps one of two members of the same name"
        ) { maker in
            try [0, 2].map { index in
                let draft = try FieldDraft(maker)
                var values = try draft.values()
                values[index] = "\(values[index]),\"\(draft.name(index))\":\(values[index])"
                return (draft.name(index), try draft.call(maker, values))
            }
        },
        field(
            "field-content-type",
            "The server rejects a field whose cty is not json.",
            fault: "the server does not check cty in the field's header"
        ) { maker in
            try [String?.none, "\"text\""].map { cty in
                var draft = try FieldDraft(maker)
                draft.jwes[0].header = draft.jwes[0].header.with("cty", cty)
                return (cty == nil ? "without cty" : "another cty", try draft.call(maker))
            }
        },
        field(
            "field-value",
            "The server rejects a field whose plaintext is not one JSON value without white space around it.",
            fault: "the server puts the plaintext into the parameters without checking that it is one value"
        ) { maker in
            try [("white space", "", " "), ("a second member", "", ",\"x\":1"), ("a byte order mark", "\u{FEFF}", "")]
                .map { label, before, after in
                    var draft = try FieldDraft(maker)
                    draft.jwes[1].plaintext = Array(before.utf8) + draft.jwes[1].plaintext + Array(after.utf8)
                    return (label, try draft.call(maker))
                }
        },
        field(
            "field-tag",
            "The server rejects a field whose authentication tag is wrong.",
            fault: "the server does not check the authentication tag of fields",
            requires: ["jwe-tag"]
        ) { maker in
            try (0..<3).map { index in
                let draft = try FieldDraft(maker)
                var parts = try draft.jwes.map { try $0.encrypted() }
                parts[index].parts[JWEParts.tag][0] ^= 1
                return (draft.name(index), try draft.call(maker, parts.map { "\"\($0.text)\"" }))
            }
        },
        field(
            "field-as-message",
            "The server rejects a field's JWE as the encData of a message.",
            fault: "the server does not tell fields and messages apart: a JWE whose header has path is a field"
        ) { maker in
            var draft = try maker.message()
            let stamp = try maker.stamp()
            draft.header = .field(
                "A256GCM",
                kid: maker.credentials.key.id.text,
                path: "$['physicalCardNo']",
                cid: stamp.correlationID.text
            )
            let body = GeneratedMessage.body(try draft.encrypted().text)
            return [("", try maker.call(body: body, stamp: stamp))]
        },
    ]

    private static func field(
        _ name: String,
        _ expected: String,
        fault: String,
        requires: [String] = [],
        _ calls: @escaping @Sendable (CallMaker) throws -> [(label: String, call: TestCall)]
    ) -> ConformanceCase {
        ConformanceCase(
            name,
            .fields,
            expected,
            fault: fault,
            needs: [.fieldLevel],
            requires: ["valid-field-documented"] + requires
        ) { session in await session.rejects(try calls(session.maker)) }
    }
}
#endif
