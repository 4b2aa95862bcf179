/// A JSON text some of whose values are encrypted one by one.
struct MadeDocument {
    enum Piece {
        /// What stays.
        case text(String)
        /// A value's JSON text, with its normalized path.
        case field(path: String, value: String)
    }

    /// The paths that reach the fields, and nothing else.
    let paths: [String]
    let pieces: [Piece]
    var requiresMatches = true

    /// The document in the clear.
    var parameters: [UInt8] { text(fields.map(\.value)) }

    /// The fields, in the document's order.
    var fields: [(path: String, value: String)] {
        pieces.compactMap { piece in
            guard case .field(let path, let value) = piece else { return nil }
            return (path, value)
        }
    }

    /// The document with a JWE in the place of each field.
    func body(_ jwes: [String]) -> [UInt8] {
        text(jwes.map { "\"\($0)\"" })
    }

    /// The document with other texts in the places of the fields.
    func text(_ values: [String]) -> [UInt8] {
        var values = values[...]
        let texts = pieces.map { piece in
            guard case .text(let text) = piece else { return values.popFirst() ?? "" }
            return text
        }
        return Array(texts.joined().utf8)
    }

    /// The fields' JWEs, before they are encrypted, under one content key and with an IV each.
    func drafts(_ key: MadeContentKey, kid: String, cid: String?, _ seeded: SeededBytes) throws -> [JWEDraft] {
        try zip(fields, ivs(seeded)).map { field, iv in
            JWEDraft(
                header: .field(key.enc, kid: kid, path: field.path, cid: cid),
                plaintext: Array(field.value.utf8),
                key: key,
                iv: iv
            )
        }
    }

    /// An IV for each field.
    func ivs(_ seeded: SeededBytes) throws -> [[UInt8]] {
        try fields.indices.map { try seeded.bytes(12, "IV \($0)") }
    }

    /// A document of one field, the member `v`.
    static func value(_ json: String) -> MadeDocument {
        MadeDocument(paths: ["$.v"], pieces: ["{\"v\":", .field(path: "$['v']", value: json), ",\"w\":1}"])
    }

    /// A document of one member, named by `spelling` in its JSON and by `normalized` in a normalized path, that a path
    /// reaches.
    static func name(_ path: String, spelling: String, normalized: String) -> MadeDocument {
        MadeDocument(
            paths: [path],
            pieces: [.text("{\"\(spelling)\":"), .field(path: "$['\(normalized)']", value: "1"), "}"]
        )
    }
}

extension MadeDocument.Piece: ExpressibleByStringLiteral {
    init(stringLiteral text: String) {
        self = .text(text)
    }
}
