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

    @Test("A folder gives its vector files and those of its subfolders, sorted, also through a symbolic link")
    func subfolders() throws {
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

    @Test("The path of a file gives that path, whatever its name is")
    func singleFile() throws {
        let path = try folder.write("{}".utf8, as: "anything.txt")
        #expect(try VectorRunner.files(at: path) == [path])
    }

    @Test("A folder without vector files and a path that does not exist are rejected")
    func missing() throws {
        _ = try folder.write("".utf8, as: "README.md")
        #expect(throws: KMError(.vectorsUnreadable)) { try VectorRunner.files(at: folder.path) }
        #expect(throws: KMError(.vectorsUnreadable)) { try VectorRunner.files(at: "\(folder.path)/none") }
    }
}

@Suite("The vector files of the project")
struct ProjectVectorTests {
    @Test(
        "Every test of every file passes",
        arguments: [
            ("aes-gcm", 82), ("field-decrypt", 351), ("hmac-sha256", 45), ("json-path", 392), ("jwe-decrypt", 176),
            ("message-decrypt", 112), ("par-derive", 102), ("request-headers", 170), ("response-headers", 32),
            ("rsa-oaep-decrypt", 38),
            ("token-explain", 100),
            ("token-verify", 127),
        ]
    )
    func everyTestPasses(name: String, count: Int) {
        let report = VectorRunner().run(file: TestFiles.vectors(name))
        for failure in report.failures { Issue.record("\(name) \(failure)") }
        #expect(report.operation == name)
        #expect(report.passed == count)
        #expect(report.total == count)
        #expect(report.skips.isEmpty)
        #expect(report.isSuccess)
    }

    @Test("The files outside Vectors/generated are exactly those that are tested here")
    func everyFileIsListed() throws {
        let paths = try VectorRunner.files(at: TestFiles.vectors).filter { !$0.contains("/generated/") }
        let names = paths.map { $0.split(separator: "/").last ?? "" }
        #expect(
            names == [
                "aes-gcm.json", "field-decrypt.json", "hmac-sha256.json", "json-path.json", "jwe-decrypt.json",
                "message-decrypt.json", "par-derive.json", "request-headers.json", "response-headers.json",
                "rsa-oaep-decrypt.json",
                "token-explain.json",
                "token-verify.json",
            ]
        )
    }
}
