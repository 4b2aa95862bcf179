/// A vector file in the project's format, for one operation.
///
/// The whole file is read and checked before any test runs.
struct VectorFile<Operation: VectorOperation>: Decodable {
    let flags: [String: String]
    let numberOfTests: Int
    let groups: [VectorGroup<Operation>]

    private enum CodingKeys: CodingKey, CaseIterable {
        case format, operation, comment, flags, numberOfTests, groups
    }

    init(from decoder: any Decoder) throws {
        try decoder.rejectMembers(besides: CodingKeys.allCases.map(\.stringValue))
        let container = try decoder.container(keyedBy: CodingKeys.self)
        _ = try container.decode(String.self, forKey: .comment)
        flags = try container.decode([String: String].self, forKey: .flags)
        numberOfTests = try container.decode(Int.self, forKey: .numberOfTests)
        groups = try container.decode([VectorGroup<Operation>].self, forKey: .groups)
        let tests = groups.flatMap(\.tests)
        try TestList.check(tests.map { ($0.id, $0.flags) }, count: numberOfTests, flags: Set(flags.keys))
    }

    func run(into report: inout VectorReport) throws {
        // Prepare the keys of all groups first, so that an unreadable key stops the file before any test runs.
        let prepared = try groups.map { (try Operation($0.shared), $0.tests) }
        for (operation, tests) in prepared {
            for test in tests {
                let entryPoints = operation.entryPoints(test.input, test.expectation)
                report.count(
                    test.id,
                    test.comment,
                    deviations: entryPoints.compactMap { $0.deviation(from: test.expectation.verdict) }
                )
            }
        }
    }
}

/// A group of tests that share inputs.
struct VectorGroup<Operation: VectorOperation>: Decodable {
    let shared: Operation.Shared
    let tests: [VectorTest<Operation>]

    private enum CodingKeys: CodingKey, CaseIterable {
        case comment, source, tests
    }

    init(from decoder: any Decoder) throws {
        try decoder.rejectMembers(besides: CodingKeys.allCases.map(\.stringValue) + Operation.Shared.memberNames)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        _ = try container.decode(String.self, forKey: .comment)
        _ = try container.decode(String.self, forKey: .source)
        shared = try Operation.Shared(from: decoder)
        tests = try container.decode([VectorTest<Operation>].self, forKey: .tests)
    }
}

/// One test: its inputs, and the outputs of a valid test or the error code of an invalid test.
struct VectorTest<Operation: VectorOperation>: Decodable {
    let id: Int
    let comment: String
    let flags: [String]
    let input: Operation.Input
    let expectation: Expectation<Operation.Output>

    private enum CodingKeys: CodingKey {
        case id, comment, flags, result, error
    }

    private enum Result: String, Decodable {
        case valid, invalid
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let known = ["id", "comment", "flags", "result"] + Operation.Input.memberNames
        id = try container.decode(Int.self, forKey: .id)
        comment = try container.decode(String.self, forKey: .comment)
        flags = try container.decode([String].self, forKey: .flags)
        switch try container.decode(Result.self, forKey: .result) {
        case .valid:
            try decoder.rejectMembers(besides: known + Operation.Output.memberNames)
            expectation = .valid(try Operation.Output(from: decoder))
        case .invalid:
            try decoder.rejectMembers(besides: known + ["error"])
            expectation = .invalid(try container.decode(String.self, forKey: .error))
        }
        input = try Operation.Input(from: decoder)
    }
}

/// The rules for all tests of a file together, in either format.
enum TestList {
    static func check(_ tests: [(id: Int, flags: [String])], count: Int, flags: Set<String>) throws {
        guard tests.count == count else {
            throw VectorFileError("numberOfTests is \(count), but the file has \(tests.count) tests")
        }
        guard !tests.isEmpty else { throw VectorFileError("the file has no tests") }
        var ids: Set<Int> = []
        for test in tests {
            guard ids.insert(test.id).inserted else { throw VectorFileError("duplicate test id \(test.id)") }
            guard flags.isSuperset(of: test.flags) else {
                throw VectorFileError("test \(test.id) has a flag that the file does not define")
            }
        }
    }
}

/// The format of a vector file, which the names of its members show.
package enum VectorFileFormat: Decodable {
    /// The project's own format, with the name of the operation.
    case own(operation: String)
    /// Wycheproof's format, with the name of the algorithm.
    case wycheproof(algorithm: String)

    /// The name of the project's own format, which its files give in the member `format`.
    package static let name = "kmsec-vectors-1"

    private enum CodingKeys: CodingKey {
        case format, operation, algorithm, schema, testGroups
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if container.contains(.format) {
            guard try container.decode(String.self, forKey: .format) == Self.name else {
                throw VectorFileError("format: unknown; expected \(Self.name)")
            }
            self = .own(operation: try container.decode(String.self, forKey: .operation))
        } else if container.contains(.algorithm), container.contains(.schema), container.contains(.testGroups) {
            self = .wycheproof(algorithm: try container.decode(String.self, forKey: .algorithm))
        } else {
            throw VectorFileError("unknown file format; expected \(Self.name) or Wycheproof's")
        }
    }
}
