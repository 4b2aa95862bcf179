import Foundation
import KMVectors
import Testing

@Suite("Vectors made from a seed")
struct GeneratedVectorTests {
    private static let folder = "\(Places.vectors)/generated"

    @Test("The default seed gives the files that are there, byte for byte, and no others")
    func reproduced() throws {
        let files = try VectorGenerator().files()
        for file in files {
            let committed = try Data(contentsOf: URL(filePath: "\(Self.folder)/\(file.name)"))
            #expect(Array(committed) == file.bytes, "\(file.name)")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder)
        #expect(Set(names) == Set(files.map(\.name)))
        #expect(VectorGenerator.fileNames == files.map(\.name))
    }

    @Test("Every test of every file passes", arguments: VectorGenerator.fileNames)
    func committed(name: String) {
        let report = VectorRunner().run(file: "\(Self.folder)/\(name)")
        for failure in report.failures { Issue.record("\(name) \(failure)") }
        #expect("\(report.operation).json" == name)
        #expect(report.passed > 40)
        #expect(report.passed == report.total)
    }

    @Test("Another seed gives other files, and all of their tests pass", arguments: ["another one", "", "시드\0\"\n"])
    func otherSeeds(seed: String) throws {
        let folder = try TemporaryFolder()
        for file in try VectorGenerator(seed: seed).files() {
            let path = try folder.write(file.bytes, as: file.name)
            let committed = try Data(contentsOf: URL(filePath: "\(Self.folder)/\(file.name)"))
            #expect(Array(committed) != file.bytes)
            let report = VectorRunner().run(file: path)
            for failure in report.failures { Issue.record("\(file.name) of seed \(seed): \(failure)") }
            #expect(report.passed == file.testCount)
        }
    }

    @Test("Files are small, and a comment names one test of its group", arguments: VectorGenerator.fileNames)
    func compact(name: String) throws {
        let data = try Data(contentsOf: URL(filePath: "\(Self.folder)/\(name)"))
        #expect(data.count < 400_000)
        let tree = try VectorTree(operation: "generated/\(name.dropLast(5))")
        for group in tree.groups {
            let comments = (group["tests"] as? [[String: Any]] ?? []).compactMap { $0["comment"] as? String }
            #expect(Set(comments).count == comments.count)
        }
        #expect(tree.tests.contains { $0["result"] as? String == "valid" })
        #expect(tree.tests.contains { $0["result"] as? String == "invalid" })
    }
}
