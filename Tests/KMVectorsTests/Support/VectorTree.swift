import Foundation

/// A vector file as a tree of JSON values, which tests change.
struct VectorTree {
    var root: [String: Any]

    init(operation: String) throws {
        let data = try Data(contentsOf: URL(filePath: TestFiles.vectors(operation)))
        root = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }

    var data: Data {
        get throws { try JSONSerialization.data(withJSONObject: root) }
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
