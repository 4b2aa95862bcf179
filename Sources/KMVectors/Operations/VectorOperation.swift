/// What a vector file can be about.
protocol VectorOperation {
    /// The inputs that a group's tests share.
    associatedtype Shared: MemberSet
    /// A test's own inputs.
    associatedtype Input: MemberSet
    /// What a valid test gives.
    associatedtype Output: MemberSet

    /// The operation's name in files.
    static var name: String { get }

    /// Prepares a group's keys.
    init(_ shared: Shared) throws

    /// All ways into the API that one test goes; each has to come out as the test says.
    func entryPoints(_ input: Input, _ expectation: Expectation<Output>) -> [EntryPoint]
}

/// The operations that are known.
var vectorOperations: [any VectorOperation.Type] {
    [
        HMACVectors.self, AESGCMVectors.self, OAEPVectors.self, JWEVectors.self, MessageVectors.self, FieldVectors.self,
        JSONPathVectors.self, TokenVectors.self, RequestHeaderVectors.self, ResponseHeaderVectors.self,
        TokenExplainVectors.self, PARVectors.self, TokenSignVectors.self, RequestStampVectors.self,
        MessageEncryptVectors.self, FieldEncryptVectors.self,
    ]
}

/// What a test says.
enum Expectation<Output> {
    case valid(Output)
    /// Refused with the error code of this name.
    case invalid(String)

    /// What is due of a valid test, nil for an invalid one.
    var output: Output? {
        guard case .valid(let output) = self else { return nil }
        return output
    }

    var verdict: Verdict {
        switch self {
        case .valid: .accepted
        case .invalid(let code): .refused(code)
        }
    }
}
