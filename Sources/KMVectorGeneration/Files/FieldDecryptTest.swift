/// A test of a received field-level body.
struct FieldDecryptTest {
    let comment: String
    let flag: String
    let document: FieldDocument
    let body: [UInt8]
    var id = TestKey.active.id
    var correlationID: String?
    let error: String?

    /// Creates a test of a message.
    ///
    /// `body`, if given, replaces the body of the message. With an `error`, the receiver must reject the body.
    init(
        _ comment: String,
        _ flag: String,
        _ message: FieldMessage,
        body: [UInt8]? = nil,
        correlationID: String? = nil,
        error: String? = nil
    ) throws {
        self.init(comment, flag, message.document, try body ?? message.body(), error: error)
        self.correlationID = correlationID
    }

    /// Creates a test of a body, in which the paths of a document select the fields.
    init(_ comment: String, _ flag: String, _ document: FieldDocument, _ body: [UInt8], error: String?) {
        self.comment = comment
        self.flag = flag
        self.document = document
        self.body = body
        self.error = error
    }

    /// Returns the test as its file contains it.
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
