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
