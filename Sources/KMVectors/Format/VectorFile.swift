/// A file of the project's own format about one operation, wholly read and checked before anything of it runs.
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
        // Every group's keys first: one that cannot be read stops the file, and not half of it.
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

/// Tests with inputs in common.
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
