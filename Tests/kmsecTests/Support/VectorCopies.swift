import Foundation
import KMTestSupport
import Testing

/// A folder with changed copies of all vector files, each named after its path in `Vectors`.
///
/// The copies contain a sample of each file's tests. `KMSEC_THOROUGH=1` keeps all tests.
struct VectorCopies {
    typealias Members = [String: Any]

    let folder: TemporaryFolder
    /// The ids of the changed tests, by file.
    private(set) var changed: [String: [Int]] = [:]
    /// The number of tests, by file.
    private(set) var counts: [String: Int] = [:]

    static let root = Programs.root.appending(path: "Vectors")

    /// Returns the paths of the vector files, relative to `Vectors`.
    static func names() throws -> [String] {
        let all = try FileManager.default.subpathsOfDirectory(atPath: root.path(percentEncoded: false))
        return all.filter { $0.hasSuffix(".json") && !$0.hasSuffix(".schema.json") }.sorted()
    }

    static func file(_ name: String) throws -> Members {
        let data = try Data(contentsOf: root.appending(path: name))
        return try #require(JSONSerialization.jsonObject(with: data) as? Members)
    }

    /// Creates the copies; `change` gets an operation and a test, and returns a changed test or nil.
    init(_ change: (String, Members) throws -> Members?) throws {
        folder = try TemporaryFolder()
        for name in try Self.names() {
            var file = try Self.file(name)
            let operation = try #require(file["operation"] as? String)
            let copy = name.replacingOccurrences(of: "/", with: "-")
            var count = 0
            file["groups"] = try (file["groups"] as? [Members] ?? []).map { group in
                var group = group
                group["tests"] = try Effort.sample(group["tests"] as? [Members] ?? [], 7).map { test in
                    count += 1
                    guard let other = try change(operation, test) else { return test }
                    changed[copy, default: []].append(try #require(test["id"] as? Int))
                    return other
                }
                return group
            }
            counts[copy] = count
            file["numberOfTests"] = count
            try folder.write(Array(JSONSerialization.data(withJSONObject: file)), to: copy)
        }
    }

    /// Expects that exactly the changed tests disagree.
    func expectChangesAreSeen(by runner: InteropVectorRunner) async throws {
        let report = try await runner.run(folder.path)
        #expect(report.status == 1)
        #expect(report.files.count == counts.count)
        for (name, count) in counts {
            let ids = changed[name] ?? []
            let file = try #require(report.files[name], "\(name)")
            #expect(file.ids == ids, "\(name)")
            #expect(file.disagreed == ids.count, "\(name)")
            #expect(file.agreed == count - ids.count, "\(name)")
        }
        #expect(report.total?.disagreed == changed.values.reduce(0) { $0 + $1.count })
    }
}
