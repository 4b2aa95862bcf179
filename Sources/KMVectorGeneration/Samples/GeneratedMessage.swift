/// Message-level bodies and the JWEs in them.
package enum GeneratedMessage {
    /// Returns the body that contains a JWE.
    package static func body(_ jwe: String) -> [UInt8] {
        Array("{\"encData\":\(HeaderDraft.quoted(jwe))}".utf8)
    }

    /// Returns a message to the active key, before encryption.
    static func draft(_ plaintext: [UInt8], _ profile: ProfileVariant, _ seeded: SeededBytes) throws -> JWEDraft {
        JWEDraft(
            header: .message(profile.enc, kid: profile.kid),
            plaintext: plaintext,
            key: try GeneratedContentKey(profile.enc, to: TestKey.active, seeded),
            iv: try seeded.bytes(12, "IV")
        )
    }

    /// Returns two requests in the `documented` profile.
    static func target(_ seeded: SeededBytes) throws -> DefectTarget {
        let drafts = try ["one", "other"].map { name in
            let own = seeded.scope(name)
            return try draft(Array(ParameterSamples.request(own).utf8), .documented, own)
        }
        return DefectTarget(
            draft: drafts[0],
            other: try drafts[1].encrypted(),
            key: TestKey.active,
            otherKey: TestKey.inactive
        )
    }
}

/// A field-level message: a document with the JWEs of its fields before encryption.
struct FieldMessage {
    let document: FieldDocument
    let correlationID: String?
    var drafts: [JWEDraft]

    /// Creates a message in a profile to a key, bound to a generated correlation id if `isBound`.
    init(
        _ document: FieldDocument,
        _ profile: ProfileVariant,
        isBound: Bool,
        to key: TestKey = TestKey.active,
        _ seeded: SeededBytes
    ) throws {
        self.document = document
        correlationID = isBound ? try TimeSamples.correlationID(seeded) : nil
        let contentKey = try GeneratedContentKey(profile.enc, to: key, seeded)
        drafts = try document.drafts(contentKey, kid: key.id, cid: correlationID, seeded)
    }

    /// Returns the encrypted JWEs of the fields.
    func jwes() throws -> [JWEParts] {
        try drafts.map { try $0.encrypted() }
    }

    /// Returns the compact serializations of the fields.
    func texts() throws -> [String] {
        try jwes().map(\.text)
    }

    /// Returns the document with its fields encrypted.
    func body() throws -> [UInt8] {
        document.body(try texts())
    }

    /// Returns a copy of the message in which all fields have other headers.
    func withHeaders(_ header: (HeaderDraft) -> HeaderDraft) -> FieldMessage {
        drafts.indices.reduce(self) { $0.with($1, header) }
    }

    /// Returns a copy of the message in which one field has another header.
    func with(_ index: Int, _ header: (HeaderDraft) -> HeaderDraft) -> FieldMessage {
        var message = self
        message.drafts[index].header = header(drafts[index].header)
        return message
    }
}
