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
        try decoder.refuseMembers(besides: CodingKeys.allCases.map(\.stringValue))
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
        try decoder.refuseMembers(besides: CodingKeys.allCases.map(\.stringValue) + Operation.Shared.memberNames)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        _ = try container.decode(String.self, forKey: .comment)
        _ = try container.decode(String.self, forKey: .source)
        shared = try Operation.Shared(from: decoder)
        tests = try container.decode([VectorTest<Operation>].self, forKey: .tests)
    }
}
