import Foundation
import KMTestSupport
import KMVectors
import Testing

/// A vector file as a tree of JSON values, which tests change.
///
/// It contains every sixth test of each group. `KMSEC_THOROUGH=1` keeps all tests.
struct VectorTree {
    var root: [String: Any]

    init(operation: String, every step: Int = 6) throws {
        let data = try Data(contentsOf: URL(filePath: TestFiles.vectors(operation)))
        root = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
        groups = groups.map { $0.with(["tests": Effort.sample($0["tests"] as? [[String: Any]] ?? [], step)]) }
        root["numberOfTests"] = tests.count
    }

    /// Runs the file.
    func report() throws -> VectorReport {
        VectorRunner().run(Array(try JSONSerialization.data(withJSONObject: root)), as: "test.json")
    }

    /// Runs the file and expects that exactly `count` of its tests fail, and the others pass.
    func expectFailures(_ count: Int, _ comment: Comment? = nil) throws {
        let report = try report()
        #expect(report.failures.compactMap(\.id).count == count, comment)
        #expect(report.passed == tests.count - count, comment)
        #expect(report.total == tests.count, comment)
        #expect(report.isSuccess == (count == 0), comment)
    }

    /// Runs the file and expects that it is invalid, so that none of its tests run.
    func expectInvalid() throws {
        let report = try report()
        #expect(report.failures.map(\.id) == [nil])
        #expect(report.total == 1)
    }

    var groups: [[String: Any]] {
        get { root["groups"] as? [[String: Any]] ?? [] }
        set { root["groups"] = newValue }
    }

    var tests: [[String: Any]] { groups.flatMap { $0["tests"] as? [[String: Any]] ?? [] } }

    /// Calls `change` with every test, and returns the number of tests for which it returned true.
    mutating func edit(_ change: (inout [String: Any]) -> Bool) -> Int {
        var count = 0
        groups = groups.map { group in
            var group = group
            group["tests"] = (group["tests"] as? [[String: Any]] ?? []).map { test in
                var test = test
                if change(&test) { count += 1 }
                return test
            }
            return group
        }
        return count
    }
}

/// Returns another value of the same form: a string of the same length, or a number that is larger by 1000.
func altered(_ value: Any?) -> Any? {
    switch value {
    case let text as String where text.isEmpty: "00"
    case let text as String: text.dropLast() + (text.hasSuffix("0") ? "1" : "0")
    case let number as Int: number + 1000
    default: nil
    }
}

extension [String: Any] {
    /// Returns these members with others added or replaced.
    func with(_ members: [String: Any]) -> [String: Any] {
        merging(members) { $1 }
    }
}
