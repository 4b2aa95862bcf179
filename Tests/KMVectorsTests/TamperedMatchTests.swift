import KMVectors
import Testing

@Suite("Matches that are wrong")
struct TamperedMatchTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("With a match spoilt, every valid test fails", arguments: ["path", "offset", "value"])
    func spoiltMatches(name: String) throws {
        try expectFailures { matches in
            guard let last = matches.last, let value = spoilt(last[name]) else { return nil }
            return matches.dropLast() + [last.with([name: value])]
        }
    }

    @Test("With a match taken away, put in or out of order, every valid test fails")
    func otherMatches() throws {
        try expectFailures { $0.isEmpty ? nil : $0.dropLast() }
        try expectFailures { $0 + ($0.last.map { [$0] } ?? [["path": "$", "offset": 0, "value": "30"]]) }
        try expectFailures { $0.count < 2 ? nil : $0.reversed() }
    }

    /// Changes the matches of valid tests, where the closure gives others, and expects these tests to fail, and no more.
    private func expectFailures(_ change: ([[String: Any]]) -> [[String: Any]]?) throws {
        var tree = try VectorTree(operation: "json-path")
        let count = tree.edit { test in
            guard let matches = test["matches"] as? [[String: Any]], let others = change(matches) else { return false }
            test["matches"] = others
            return true
        }
        let report = VectorRunner().run(file: try folder.write(tree.data))
        #expect(count > 0)
        #expect(report.failures.compactMap(\.id).count == count)
        #expect(report.passed == tree.tests.count - count)
    }
}
