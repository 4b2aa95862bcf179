/// The fields of a message that is sealed at field level.
struct MadeFields {
    let document: MadeDocument
    let correlationID: String?
    var drafts: [JWEDraft]

    /// A message of a profile to a key, bound to a correlation id or to none.
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

    /// The fields' JWEs.
    func jwes() throws -> [MadeJWE] {
        try drafts.map { try $0.made() }
    }

    /// The fields' compact serializations.
    func texts() throws -> [String] {
        try jwes().map(\.text)
    }

    /// The document with its fields encrypted.
    func body() throws -> [UInt8] {
        document.body(try texts())
    }

    /// This message with another header for one field.
    func with(_ index: Int, _ header: (MadeHeader) -> MadeHeader) -> MadeFields {
        var message = self
        message.drafts[index].header = header(drafts[index].header)
        return message
    }
}

/// A body that arrives, as a test.
struct ReceivedFields {
    let comment: String
    let flag: String
    let document: MadeDocument
    let body: [UInt8]
    var id = MadeKey.active.id
    var correlationID: String?
    let error: String?

    /// A message, with another body where one is given, which is refused where an error is.
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

    /// A body of which a document's paths are due.
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
