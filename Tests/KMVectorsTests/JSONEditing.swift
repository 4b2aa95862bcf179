import Foundation

/// A vector file as a tree, to be spoilt.
struct VectorTree {
    var root: [String: Any]

    init(operation: String) throws {
        let data = try Data(contentsOf: URL(filePath: Places.vectors(operation)))
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

    /// Changes every test, and tells how many the closure says it changed.
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

/// A value that differs from `value` and has its form: a text of the same length, a number a second off.
func spoilt(_ value: Any?) -> Any? {
    switch value {
    case let text as String where text.isEmpty: "00"
    case let text as String: text.dropLast() + (text.hasSuffix("0") ? "1" : "0")
    case let number as Int: number + 1000
    default: nil
    }
}

extension [String: Any] {
    /// These members with others beside them or in their stead.
    func with(_ members: [String: Any]) -> [String: Any] {
        merging(members) { $1 }
    }
}
