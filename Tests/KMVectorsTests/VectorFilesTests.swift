import Foundation
import KMSecurity
import KMVectors
import Testing

@Suite("Finding vector files")
struct VectorFilesTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func folderWithFoldersInIt() throws {
        for name in ["b.json", "a/z.json", "a.json", "README.md"] { _ = try folder.write("{}".utf8, as: name) }
        for name in ["vectors.schema.json", "aead_test_schema_v1.json", ".git/c.json", ".d.json"] {
            _ = try folder.write("{}".utf8, as: name)
        }
        let names = ["a.json", "a/z.json", "b.json"].map { "\(folder.path)/\($0)" }
        #expect(try VectorRunner.files(at: folder.path) == names)
        #expect(try VectorRunner.files(at: folder.path + "/") == names)
        let link = "\(folder.path) link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path)
        defer { try? FileManager.default.removeItem(atPath: link) }
        #expect(try VectorRunner.files(at: link).count == names.count)
    }

    @Test func fileItself() throws {
        let path = try folder.write("{}".utf8, as: "anything.txt")
        #expect(try VectorRunner.files(at: path) == [path])
    }

    @Test func nothingThere() throws {
        _ = try folder.write("".utf8, as: "README.md")
        #expect(throws: KMError(.vectorsUnreadable)) { try VectorRunner.files(at: folder.path) }
        #expect(throws: KMError(.vectorsUnreadable)) { try VectorRunner.files(at: "\(folder.path)/none") }
    }
}
