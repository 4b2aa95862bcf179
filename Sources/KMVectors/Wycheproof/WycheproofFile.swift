internal import KMPrimitives

/// A Wycheproof file for an algorithm that this package implements.
///
/// The whole file is read before any test runs.
struct WycheproofFile<Operation: WycheproofOperation>: Decodable {
    let groups: [WycheproofGroup<Operation>]

    private enum CodingKeys: CodingKey, CaseIterable {
        case algorithm, schema, generatorVersion, numberOfTests, header, notes, testGroups
    }

    init(from decoder: any Decoder) throws {
        try decoder.rejectMembers(besides: CodingKeys.allCases.map(\.stringValue))
        let container = try decoder.container(keyedBy: CodingKeys.self)
        groups = try container.decode([WycheproofGroup<Operation>].self, forKey: .testGroups)
        let notes = try container.decode([String: Anything].self, forKey: .notes)
        let tests = groups.flatMap(\.tests)
        let count = try container.decode(Int.self, forKey: .numberOfTests)
        try TestList.check(tests.map { ($0.id, $0.flags) }, count: count, flags: Set(notes.keys))
    }

    func run(into report: inout VectorReport) throws {
        let prepared = try groups.map { (try Operation($0.shared), $0.tests) }
        for (operation, tests) in prepared {
            for test in tests {
                switch operation.treatment(of: test.input, isValid: test.isValid) {
                case .run(let calls):
                    let verdict: Verdict =
                        test.isValid ? .accepted : .rejected(KMError.Code.authenticationFailed.description)
                    report.count(test.id, test.comment, deviations: calls.compactMap { $0.deviation(from: verdict) })
                case .outside(let reason, let calls, let code):
                    let deviations = calls.compactMap { $0.deviation(from: .rejected(code.description)) }
                    if deviations.isEmpty {
                        report.skips.append(VectorSkip(id: test.id, reason: reason))
                    } else {
                        report.count(test.id, test.comment, deviations: deviations)
                    }
                case .skip(let reason):
                    report.skips.append(VectorSkip(id: test.id, reason: reason))
                }
            }
        }
    }
}

/// A group of Wycheproof tests that share inputs.
struct WycheproofGroup<Operation: WycheproofOperation>: Decodable {
    let shared: Operation.Group
    let tests: [WycheproofTest<Operation>]

    private enum CodingKeys: CodingKey, CaseIterable {
        case type, source, tests
    }

    init(from decoder: any Decoder) throws {
        try decoder.rejectMembers(besides: CodingKeys.allCases.map(\.stringValue) + Operation.Group.memberNames)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard try container.decode(String.self, forKey: .type) == Operation.groupType else {
            throw VectorFileError(decoder.codingPath, "unknown test type; expected \(Operation.groupType)")
        }
        shared = try Operation.Group(from: decoder)
        tests = try container.decode([WycheproofTest<Operation>].self, forKey: .tests)
    }
}

/// One Wycheproof test.
struct WycheproofTest<Operation: WycheproofOperation>: Decodable {
    let id: Int
    let comment: String
    let flags: [String]
    let isValid: Bool
    let input: Operation.Test

    private enum CodingKeys: CodingKey, CaseIterable {
        case tcId, comment, flags, result
    }

    /// The expected result; Wycheproof's third value, `acceptable`, does not occur for these algorithms.
    private enum Result: String, Decodable {
        case valid, invalid
    }

    init(from decoder: any Decoder) throws {
        try decoder.rejectMembers(besides: CodingKeys.allCases.map(\.stringValue) + Operation.Test.memberNames)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(Int.self, forKey: .tcId)
        comment = try container.decode(String.self, forKey: .comment)
        flags = try container.decode([String].self, forKey: .flags)
        isValid = try container.decode(Result.self, forKey: .result) == .valid
        input = try Operation.Test(from: decoder)
    }
}

/// A JSON value of any type, which is ignored.
struct Anything: Decodable {
    init(from decoder: any Decoder) {}
}

/// A Wycheproof file for an algorithm that this package does not implement.
///
/// Only the ids of its tests are read.
struct ForeignWycheproofFile: Decodable {
    let numberOfTests: Int
    let testGroups: [Group]

    struct Group: Decodable {
        let tests: [Test]
    }

    struct Test: Decodable {
        let tcId: Int
    }

    /// Adds every test to the report as skipped.
    func skip(_ algorithm: String, into report: inout VectorReport) throws {
        let tests = testGroups.flatMap(\.tests)
        try TestList.check(tests.map { ($0.tcId, []) }, count: numberOfTests, flags: [])
        report.skips = tests.map { VectorSkip(id: $0.tcId, reason: "this package does not implement \(algorithm)") }
    }
}

/// A Wycheproof algorithm that this package implements, with the calls that run its tests.
protocol WycheproofOperation {
    /// The members of a group other than its tests, type and source.
    associatedtype Group: MemberSet
    /// The members of a test other than its id, comment, flags and result.
    associatedtype Test: MemberSet

    /// The name of the algorithm in files.
    static var algorithm: String { get }
    /// The group type that this operation runs.
    static var groupType: String { get }

    /// Prepares the keys of a group.
    init(_ group: Group) throws

    /// Returns how to run a test, or why to skip it.
    func treatment(of test: Test, isValid: Bool) -> WycheproofTreatment
}

/// The Wycheproof algorithms that this package implements.
var wycheproofOperations: [any WycheproofOperation.Type] {
    [WycheproofAESGCM.self, WycheproofHMAC.self, WycheproofOAEP.self]
}

/// How a Wycheproof test is run or skipped.
enum WycheproofTreatment {
    /// Make the calls: each must accept a valid test, and reject an invalid test with `authenticationFailed`.
    case run([EntryPoint])
    /// Make the calls and expect each to reject the input, which this package's API does not support.
    ///
    /// If all calls reject it with the given code, the test is skipped with the reason. Otherwise it fails.
    case outside(reason: String, [EntryPoint], KMError.Code)
    /// Skip the test without a call.
    case skip(reason: String)
}
