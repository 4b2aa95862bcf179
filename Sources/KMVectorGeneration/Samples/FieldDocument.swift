/// A JSON document in which selected values are encrypted as fields.
struct FieldDocument {
    enum Piece {
        /// Text that stays unencrypted.
        case text(String)
        /// The JSON text of a field, with its normalized path.
        case field(path: String, value: String)
    }

    /// The paths that select exactly the fields.
    let paths: [String]
    let pieces: [Piece]
    var requiresMatches = true

    /// The document without encryption.
    var parameters: [UInt8] { text(fields.map(\.value)) }

    /// The fields, in the order in which they appear in the document.
    var fields: [(path: String, value: String)] {
        pieces.compactMap { piece in
            guard case .field(let path, let value) = piece else { return nil }
            return (path, value)
        }
    }

    /// Returns the document with each field replaced by a JWE, as a JSON string.
    func body(_ jwes: [String]) -> [UInt8] {
        text(jwes.map { "\"\($0)\"" })
    }

    /// Returns the document with each field replaced by the given JSON text.
    func text(_ values: [String]) -> [UInt8] {
        var values = values[...]
        let texts = pieces.map { piece in
            guard case .text(let text) = piece else { return values.popFirst() ?? "" }
            return text
        }
        return Array(texts.joined().utf8)
    }

    /// Returns the JWEs of the fields before encryption, with one shared CEK and one IV for each field.
    func drafts(_ key: GeneratedContentKey, kid: String, cid: String?, _ seeded: SeededBytes) throws -> [JWEDraft] {
        try zip(fields, ivs(seeded)).map { field, iv in
            JWEDraft(
                header: .field(key.enc, kid: kid, path: field.path, cid: cid),
                plaintext: Array(field.value.utf8),
                key: key,
                iv: iv
            )
        }
    }

    /// Returns one IV for each field.
    func ivs(_ seeded: SeededBytes) throws -> [[UInt8]] {
        try fields.indices.map { try seeded.bytes(12, "IV \($0)") }
    }

    /// Returns a document whose only field is the member `v`.
    static func value(_ json: String) -> FieldDocument {
        FieldDocument(paths: ["$.v"], pieces: ["{\"v\":", .field(path: "$['v']", value: json), ",\"w\":1}"])
    }

    /// Returns a document with one member, which is a field.
    ///
    /// `path` selects the member. Its name is `spelling` in the JSON text and `normalized` in the normalized path.
    static func name(_ path: String, spelling: String, normalized: String) -> FieldDocument {
        FieldDocument(
            paths: [path],
            pieces: [.text("{\"\(spelling)\":"), .field(path: "$['\(normalized)']", value: "1"), "}"]
        )
    }
}

extension FieldDocument.Piece: ExpressibleByStringLiteral {
    init(stringLiteral text: String) {
        self = .text(text)
    }
}
