import Foundation
import KMTestSupport
import KMVectors
import Testing

@testable import KMVectorGeneration

/// The folder `Vectors` of the package.
enum VectorFolder {
    static let url = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: "Vectors")

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: url.appending(path: name)))
    }

    /// Returns the groups of a file.
    static func groups(_ name: String) throws -> [[String: Any]] {
        let file = try JSONSerialization.jsonObject(with: Data(bytes(name))) as? [String: Any]
        return try #require(file?["groups"] as? [[String: Any]])
    }
}

@Suite("The vector generator")
struct VectorGeneratorTests {
    @Test("The default seed generates exactly the files in Vectors/generated, byte for byte")
    func reproduced() throws {
        let files = try VectorGenerator().files()
        for file in files {
            #expect(try VectorFolder.bytes("generated/\(file.name)") == file.bytes, "\(file.name)")
        }
        let folder = VectorFolder.url.appending(path: "generated").path(percentEncoded: false)
        #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder)) == Set(files.map(\.name)))
        #expect(VectorGenerator.fileNames == files.map(\.name))
    }

    @Test("Every test in Vectors/generated passes", arguments: VectorGenerator.fileNames)
    func committed(name: String) throws {
        let report = VectorRunner().run(try VectorFolder.bytes("generated/\(name)"), as: name)
        for failure in report.failures { Issue.record("\(name) \(failure)") }
        #expect("\(report.operation).json" == name)
        #expect(report.passed > 40)
        #expect(report.passed == report.total)
    }

    @Test(
        "Another seed generates other files, and all their tests pass",
        arguments: Effort.sample(["시드\0\"\n", "", "another one"], 3)
    )
    func otherSeeds(seed: String) throws {
        for file in try VectorGenerator(seed: seed).files() {
            #expect(try VectorFolder.bytes("generated/\(file.name)") != file.bytes)
            let report = VectorRunner().run(file.bytes, as: file.name)
            for failure in report.failures { Issue.record("\(file.name) of seed \(seed): \(failure)") }
            #expect(report.passed == file.testCount)
        }
    }

    @Test("Files are small, and each comment occurs once in its group", arguments: VectorGenerator.fileNames)
    func compact(name: String) throws {
        #expect(try VectorFolder.bytes("generated/\(name)").count < 400_000)
        let groups = try VectorFolder.groups("generated/\(name)").map { $0["tests"] as? [[String: Any]] ?? [] }
        for tests in groups {
            let comments = tests.compactMap { $0["comment"] as? String }
            #expect(Set(comments).count == comments.count)
        }
        let results = Set(groups.joined().compactMap { $0["result"] as? String })
        #expect(results == ["valid", "invalid"])
    }

    @Test("The generated files use the keys of message-decrypt.json")
    func embeddedKeys() throws {
        let keys = try #require(VectorFolder.groups("message-decrypt.json")[0]["keys"] as? [[String: String]])
        #expect(keys.map { $0["id"] } == TestKey.all.map(\.id))
        #expect(keys.map { $0["state"] } == TestKey.all.map(\.state))
        // Compared outside #expect, which would print private keys.
        let isSame = keys.map { $0["privateKey"] } == TestKey.all.map(\.privateKey)
        #expect(isSame)
    }
}
