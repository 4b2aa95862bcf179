internal import KMVectors

/// The name of a test flag, and its meaning.
typealias Flag = (name: String, meaning: String)

/// The content of a generated vector file.
struct GeneratedFile {
    /// A description of the operation, with the units of its members.
    let comment: String
    /// The flags with their meanings; the file contains only those that a test uses.
    let flags: [Flag]
    let groups: [GeneratedGroup]

    /// Returns the JSON text of the file.
    func text(operation: String) -> [UInt8] {
        let used = Set(groups.flatMap(\.tests).flatMap(\.flags))
        var id: Int64 = 0
        let groups = groups.map { $0.text(countingOn: &id) }
        return JSONText.object([
            .init("format", .text(VectorFileFormat.name)),
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

/// A group of generated tests that share inputs.
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

/// One generated test.
///
/// The expected result follows from how the input was made, not from running the code under test.
struct GeneratedTest {
    /// The expected result of a test.
    enum Verdict {
        /// Accepted, with these outputs.
        case valid([JSONText.Member])
        /// Rejected, with the name of the error code.
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
