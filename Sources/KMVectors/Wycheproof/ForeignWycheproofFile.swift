/// A file of Wycheproof's about an algorithm that this package does not have: of its tests, the numbers alone are read.
struct ForeignWycheproofFile: Decodable {
    let numberOfTests: Int
    let testGroups: [Group]

    struct Group: Decodable {
        let tests: [Test]
    }

    struct Test: Decodable {
        let tcId: Int
    }

    /// Lists every test as a skip.
    func skip(_ algorithm: String, into report: inout VectorReport) throws {
        let tests = testGroups.flatMap(\.tests)
        try TestList.check(tests.map { ($0.tcId, []) }, count: numberOfTests, flags: [])
        report.skips = tests.map { VectorSkip(id: $0.tcId, reason: "\(algorithm) is not part of this package") }
    }
}
