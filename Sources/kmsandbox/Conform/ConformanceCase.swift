#if Sandbox
/// One test of a server.
struct ConformanceCase: Sendable {
    /// The sections of the report.
    enum Group: String, Sendable, CaseIterable {
        case valid = "Valid calls"
        case responses = "Responses"
        case token = "Token"
        case times = "Times"
        case replay = "Replay"
        case caller = "Caller and key"
        case headers = "Headers"
        case bodies = "Bodies"
        case jwe = "Encryption"
        case fields = "Field level"
        case parameters = "Parameters"
        case endpoints = "Endpoints"
        case errors = "Error replies"
        case end = "At the end"
    }

    /// What a case needs from the server or from the credentials file.
    enum Need: Sendable {
        /// The server supports the field level.
        case fieldLevel
        /// The credentials file has a second key.
        case otherKey
        /// The credentials of another caller are given.
        case otherCaller
    }

    /// The name, which does not change between versions.
    let name: String
    /// The section.
    let group: Group
    /// One sentence about what the server must do.
    let expected: String
    /// The likely fault of a server that fails the case.
    let fault: String
    /// What the case needs.
    let needs: [Need]
    /// The cases without which a failure of this one would prove nothing new.
    let requires: [String]
    /// Runs the case.
    let run: @Sendable (Session) async throws -> Finding

    init(
        _ name: String,
        _ group: Group,
        _ expected: String,
        fault: String,
        needs: [Need] = [],
        requires: [String] = [],
        _ run: @escaping @Sendable (Session) async throws -> Finding
    ) {
        self.name = name
        self.group = group
        self.expected = expected
        self.fault = fault
        self.needs = needs
        self.requires = requires
        self.run = run
    }

    /// All cases in the order in which they run.
    static let all =
        validCalls + responses + tokens + times + replays + callers + headers + bodies + encryption + fields
        + parameters + errors + end
}

/// What a case found.
enum Finding: Sendable {
    /// The server did what it must do.
    case passed(String)
    /// The server did something else; `fault` replaces the case's likely fault.
    case failed(String, fault: String? = nil)
    /// The case could not be judged.
    case skipped(String)
}

/// The result of one case.
struct CaseResult: Sendable, Encodable {
    /// The kinds of results.
    enum Result: String, Sendable, Encodable {
        case passed
        case failed
        case skipped
    }

    /// The case's name.
    let name: String
    /// The section of the report.
    let group: String
    /// The result.
    let result: Result
    /// What the server must do.
    let expected: String
    /// What it did, or why the case was skipped.
    let observed: String
    /// The likely fault of the server, for a failed case.
    let fault: String?
    /// The time that the case took, in seconds.
    let seconds: Double
}

extension CaseResult {
    /// The result of a case that did not finish, because the test was stopped.
    init(unfinished name: String, _ group: String, expected: String) {
        self.init(
            name: name,
            group: group,
            result: .skipped,
            expected: expected,
            observed: "not finished, because the test was stopped",
            fault: nil,
            seconds: 0
        )
    }
}
#endif
