/// A field-level message: a document with the JWEs of its fields before encryption.
struct MadeFields {
    let document: MadeDocument
    let correlationID: String?
    var drafts: [JWEDraft]

    /// Creates a message in a profile to a key, bound to a generated correlation id if `isBound`.
    init(
        _ document: MadeDocument,
        _ profile: MadeProfile,
        isBound: Bool,
        to key: MadeKey = .active,
        _ seeded: SeededBytes
    ) throws {
        self.document = document
        correlationID = isBound ? try MadeTime.correlationID(seeded) : nil
        let contentKey = try MadeContentKey(profile.enc, to: key, seeded)
        drafts = try document.drafts(contentKey, kid: key.id, cid: correlationID, seeded)
    }

    /// Returns the encrypted JWEs of the fields.
    func jwes() throws -> [MadeJWE] {
        try drafts.map { try $0.made() }
    }

    /// Returns the compact serializations of the fields.
    func texts() throws -> [String] {
        try jwes().map(\.text)
    }

    /// Returns the document with its fields encrypted.
    func body() throws -> [UInt8] {
        document.body(try texts())
    }

    /// Returns a copy of the message in which one field has another header.
    func with(_ index: Int, _ header: (MadeHeader) -> MadeHeader) -> MadeFields {
        var message = self
        message.drafts[index].header = header(drafts[index].header)
        return message
    }
}

/// A test of a received field-level body.
struct ReceivedFields {
    let comment: String
    let flag: String
    let document: MadeDocument
    let body: [UInt8]
    var id = MadeKey.active.id
    var correlationID: String?
    let error: String?

    /// Creates a test of a message.
    ///
    /// `body`, if given, replaces the body of the message. With an `error`, the receiver must reject the body.
    init(
        _ comment: String,
        _ flag: String,
        _ message: MadeFields,
        body: [UInt8]? = nil,
        correlationID: String? = nil,
        error: String? = nil
    ) throws {
        self.init(comment, flag, message.document, try body ?? message.body(), error: error)
        self.correlationID = correlationID
    }

    /// Creates a test of a body, in which the paths of a document select the fields.
    init(_ comment: String, _ flag: String, _ document: MadeDocument, _ body: [UInt8], error: String?) {
        self.comment = comment
        self.flag = flag
        self.document = document
        self.body = body
        self.error = error
    }

    func test() throws -> GeneratedTest {
        let inputs: [JSONText.Member] =
            [.init("cryptoKeyId", .text(id))] + (correlationID.map { [.init("correlationId", .text($0))] } ?? []) + [
                .init("paths", .list(document.paths.map { .text($0) })),
                .init("requiresMatches", .boolean(document.requiresMatches)), .init("body", .hex(body)),
            ]
        let verdict: GeneratedTest.Verdict =
            error.map { .invalid($0) } ?? .valid([.init("parameters", .hex(document.parameters))])
        return GeneratedTest(comment, [flag], inputs, verdict)
    }
}
