/// A flag of tests, and what it means.
typealias Flag = (name: String, meaning: String)

/// A vector file that is made here.
struct GeneratedFile {
    /// What the operation does, and what the units of its members are.
    let comment: String
    /// What the flags mean; those that no test has are left out.
    let flags: [Flag]
    let groups: [GeneratedGroup]

    /// The file's text.
    func text(operation: String) -> [UInt8] {
        let used = Set(groups.flatMap(\.tests).flatMap(\.flags))
        var id: Int64 = 0
        let groups = groups.map { $0.text(countingOn: &id) }
        return JSONText.object([
            .init("format", .text(FileKind.format)),
            .init("operation", .text(operation)),
            .init("comment", .text(comment)),
            .init(
                "flags",
                .object(flags.filter { used.contains($0.name) }.map { JSONText.Member($0.name, .text($0.meaning)) })
            ),
            .init("numberOfTests", .number(id)),
            .init("groups", .list(groups)),
        ]).lines
    }
}

/// Tests with inputs in common.
struct GeneratedGroup {
    let comment: String
    let shared: [JSONText.Member]
    let tests: [GeneratedTest]

    init(_ comment: String, _ shared: [JSONText.Member], _ tests: [GeneratedTest]) {
        self.comment = comment
        self.shared = shared
        self.tests = tests
    }

    fileprivate func text(countingOn id: inout Int64) -> JSONText {
        let tests = tests.map { test in
            id += 1
            return test.text(id: id)
        }
        return .object(
            [.init("comment", .text(comment)), .init("source", "KMSecurity")] + shared + [.init("tests", .list(tests))]
        )
    }
}

/// One test, of whose outcome its maker is sure since it knows how the input was made.
struct GeneratedTest {
    /// What is due.
    enum Verdict {
        /// Accepted, with these outputs.
        case valid([JSONText.Member])
        /// Refused with the error code of this name.
        case invalid(String)
    }

    let comment: String
    let flags: [String]
    let inputs: [JSONText.Member]
    let verdict: Verdict

    init(_ comment: String, _ flags: [String], _ inputs: [JSONText.Member], _ verdict: Verdict) {
        self.comment = comment
        self.flags = flags
        self.inputs = inputs
        self.verdict = verdict
    }

    fileprivate func text(id: Int64) -> JSONText {
        var members: [JSONText.Member] = [
            .init("id", .number(id)),
            .init("comment", .text(comment)),
            .init("flags", .list(flags.map { .text($0) })),
        ]
        switch verdict {
        case .valid(let outputs): members += [.init("result", "valid")] + inputs + outputs
        case .invalid(let code): members += [.init("result", "invalid"), .init("error", .text(code))] + inputs
        }
        return .object(members)
    }
}
