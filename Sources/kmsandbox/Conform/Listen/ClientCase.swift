#if Sandbox
import HTTPTypes
import KMSecurity
import KMWire

/// One test of a client: an answer that it must accept or reject.
struct ClientCase: Sendable {
    /// The name, which does not change between versions.
    let name: String
    /// Whether the client must accept the answer.
    let accepts: Bool
    /// One sentence about what the client must do.
    let expected: String
    /// The likely fault of a client that fails the case.
    let fault: String
    /// The cases that must run before this one.
    let requires: [String]
    /// Returns the answer to a call.
    let answer: @Sendable (AnswerMaker) throws -> CaseAnswer

    private init(
        _ name: String,
        accepts: Bool,
        _ expected: String,
        fault: String,
        requires: [String] = [],
        _ answer: @escaping @Sendable (AnswerMaker) throws -> CaseAnswer
    ) {
        self.name = name
        self.accepts = accepts
        self.expected = expected
        self.fault = fault
        self.requires = requires
        self.answer = answer
    }

    /// A case whose answer the client must accept.
    static func right(
        _ name: String,
        _ expected: String,
        fault: String,
        _ answer: @escaping @Sendable (AnswerMaker) throws -> CaseAnswer
    ) -> ClientCase {
        ClientCase(name, accepts: true, expected, fault: fault, answer)
    }

    /// A case whose answer the client must reject.
    static func wrong(
        _ name: String,
        _ expected: String,
        fault: String,
        requires: [String] = [],
        _ answer: @escaping @Sendable (AnswerMaker) throws -> CaseAnswer
    ) -> ClientCase {
        ClientCase(name, accepts: false, expected, fault: fault, requires: requires, answer)
    }
}

extension ClientCase {
    /// The section of the report.
    var group: String { accepts ? "Right answers" : "Wrong answers" }

    /// Selects cases in their order, with those that they require.
    ///
    /// - Parameter only: The names of the selected cases; empty for all.
    /// - Returns: The cases.
    static func selected(_ only: [String]) -> [ClientCase] {
        guard !only.isEmpty else { return all }
        let required = all.filter { only.contains($0.name) }.flatMap(\.requires)
        return all.filter { (only + required).contains($0.name) }
    }
}

/// An HTTP response that answers a call rightly or wrongly.
struct CaseAnswer: Sendable {
    var status = HTTPResponse.Status.ok
    var headers: HTTPFields
    var body: [UInt8]
}
#endif
