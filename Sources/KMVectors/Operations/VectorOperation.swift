/// An operation that vector files test.
protocol VectorOperation {
    /// The inputs that all tests of a group share.
    associatedtype Shared: MemberSet
    /// The inputs of one test.
    associatedtype Input: MemberSet
    /// The outputs of a valid test.
    associatedtype Output: MemberSet

    /// The name of the operation in files.
    static var name: String { get }

    /// Prepares the keys of a group.
    init(_ shared: Shared) throws

    /// Returns all calls that run one test; each must have the result that the test expects.
    func entryPoints(_ input: Input, _ expectation: Expectation<Output>) -> [EntryPoint]
}

/// All operations that the runner supports.
var vectorOperations: [any VectorOperation.Type] {
    [
        HMACVectors.self, AESGCMVectors.self, OAEPVectors.self, JWEDecryptVectors.self, MessageDecryptVectors.self,
        FieldDecryptVectors.self,
        JSONPathVectors.self, TokenVerifyVectors.self, RequestHeaderVectors.self, ResponseHeaderVectors.self,
        TokenExplainVectors.self, PARVectors.self, TokenSignVectors.self, RequestStampVectors.self,
        EncryptVectors<MessageEncryptInput>.self, EncryptVectors<FieldEncryptInput>.self,
    ]
}

/// The expected result of a test.
enum Expectation<Output> {
    case valid(Output)
    /// Rejected, with the name of the error code.
    case invalid(String)

    /// The expected outputs of a valid test; nil for an invalid test.
    var output: Output? {
        guard case .valid(let output) = self else { return nil }
        return output
    }

    var verdict: Verdict {
        switch self {
        case .valid: .accepted
        case .invalid(let code): .rejected(code)
        }
    }
}
