import Foundation
import KMVectors
import Testing

@Suite("The format of vector files")
struct VectorFileTests {
    /// A file with test case 2 of RFC 4231 and an invalid test.
    private static let file = """
        {
            "format": "kmsec-vectors-1", "operation": "hmac-sha256", "comment": "", "numberOfTests": 2,
            "flags": { "Published": "" },
            "groups": [{
                "comment": "", "source": "RFC 4231",
                "tests": [{
                    "id": 1, "comment": "test case 2", "flags": ["Published"], "result": "valid",
                    "key": "4a656665", "message": "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
                    "mac": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
                }, {
                    "id": 2, "comment": "", "flags": [], "result": "invalid", "error": "authenticationFailed",
                    "key": "", "message": "",
                    "mac": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
                }]
            }]
        }
        """

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("The unchanged file runs")
    func unchanged() throws {
        let report = VectorRunner().run(Array(Self.file.utf8), as: "test.json")
        #expect(report.failures.map(\.reason) == [])
        #expect(report.passed == 2)
        #expect(report.operation == "hmac-sha256")
    }

    @Test(
        "A test with more than 1000 header fields fails",
        arguments: [(1000, "headerMissing"), (1001, "1001 header fields"), (65_536, "65536 header fields")]
    )
    func manyHeaderFields(_ count: Int, _ reason: String) throws {
        let fields = Array(repeating: "{\"name\":\"a\",\"value\":\"\"}", count: count).joined(separator: ",")
        let file = """
            {"format": "kmsec-vectors-1", "operation": "request-headers", "comment": "", "numberOfTests": 1, "flags": {},
            "groups": [{"comment": "", "source": "", "tests": [{"id": 1, "comment": "", "flags": [], "result": "invalid",
            "error": "tokenMalformed", "fields": [\(fields)]}]}]}
            """
        let report = VectorRunner().run(Array(file.utf8), as: "test.json")
        #expect(report.failures.count == 1 && report.failures[0].reason.contains(reason), "\(report.failures)")
    }

    @Test("A file with more than 16 MiB does not run")
    func largeFile() throws {
        let report = VectorRunner().run(file: try folder.write(Array(repeating: 0x20, count: (16 << 20) + 1)))
        #expect(report.failures.map(\.reason) == ["the file has more than 16777216 bytes; split it"])
    }

    /// An edit of the file, and a part of the failure that must follow.
    struct Edit: Sendable, CustomTestStringConvertible {
        let old, new, reason: String

        init(_ old: String, _ new: String, _ reason: String) {
            (self.old, self.new, self.reason) = (old, new, reason)
        }

        var testDescription: String { "\(old) → \(new)" }
    }

    @Test(
        "An invalid file does not run, and its failure says where the error is",
        arguments: [
            Edit("\"numberOfTests\": 2", "\"numberOfTests\": 1", "numberOfTests"),
            Edit("\"numberOfTests\": 2", "\"numberOfTests\": \"2\"", "numberOfTests"),
            Edit("\"numberOfTests\": 2,", "", "numberOfTests"),
            Edit("\"format\": \"kmsec-vectors-1\"", "\"format\": \"kmsec-vectors-2\"", "format"),
            Edit("\"format\": \"kmsec-vectors-1\",", "", "Wycheproof"),
            Edit("\"operation\": \"hmac-sha256\"", "\"operation\": \"hmac-sha512\"", "operation"),
            Edit("\"operation\": \"hmac-sha256\"", "\"operation\": \"aes-gcm\"", "groups[0].tests[0]"),
            Edit("\"groups\":", "\"extra\": 1, \"groups\":", "extra"),
            Edit("\"source\":", "\"extra\": 1, \"source\":", "groups[0].extra"),
            Edit("\"source\": \"RFC 4231\",", "", "groups[0].source"),
            Edit("\"id\": 2,", "\"id\": 2, \"label\": \"00\",", "groups[0].tests[1].label"),
            Edit("\"id\": 2,", "\"id\": 1,", "test id 1"),
            Edit("\"id\": 2,", "\"id\": 2, \"id\": 2,", "byte"),
            Edit("\"flags\": [],", "\"flags\": [\"Other\"],", "test 2"),
            Edit("\"flags\": [],", "", "groups[0].tests[1].flags"),
            Edit("\"result\": \"valid\"", "\"result\": \"acceptable\"", "groups[0].tests[0].result"),
            Edit("\"result\": \"valid\"", "\"result\": \"valid\", \"error\": \"x\"", "groups[0].tests[0].error"),
            Edit(", \"error\": \"authenticationFailed\"", "", "groups[0].tests[1].error"),
            Edit("\"key\": \"\"", "\"key\": \"0\"", "groups[0].tests[1].key"),
            Edit("\"key\": \"\"", "\"key\": \"AB\"", "groups[0].tests[1].key"),
            Edit("\"key\": \"\"", "\"key\": \"zz\"", "groups[0].tests[1].key"),
            Edit("\"key\": \"\"", "\"key\": null", "groups[0].tests[1].key"),
            Edit("\"key\": \"\",", "", "groups[0].tests[1].key"),
            Edit("}]\n}", "}]", "byte"),
        ]
    )
    func edited(edit: Edit) throws {
        let text = Self.file.replacing(edit.old, with: edit.new)
        #expect(text != Self.file)
        let report = VectorRunner().run(Array(text.utf8), as: "test.json")
        #expect(report.failures.map(\.id) == [nil])
        #expect(report.failures.first?.reason.contains(edit.reason) == true, "\(report.failures)")
        #expect(report.total == 1)
    }

    @Test("A file without tests does not run")
    func noTests() throws {
        let text = """
            {"format":"kmsec-vectors-1","operation":"hmac-sha256","comment":"","numberOfTests":0,"flags":{},"groups":[]}
            """
        #expect(VectorRunner().run(Array(text.utf8), as: "test.json").failures.map(\.id) == [nil])
    }

    @Test(
        "A file that has none of the known formats does not run",
        arguments: ["", "{}", "[]", "null", "{\"format\":1}", "{\"algorithm\":\"AES-GCM\"}"]
    )
    func otherFormats(text: String) throws {
        let report = VectorRunner().run(Array(text.utf8), as: "test.json")
        #expect(report.failures.map(\.id) == [nil])
        #expect(report.total == 1)
    }

    @Test("A file with null for an optional member does not run")
    func nullForAnOptionalMember() throws {
        var tree = try VectorTree(operation: "token-verify")
        tree.groups = tree.groups.map { $0.with(["toleranceSeconds": NSNull()]) }
        try tree.expectInvalid()
    }

    @Test("A file that is empty or does not exist is one failure")
    func noFile() throws {
        for path in [try folder.write([]), "\(folder.path)/none.json"] {
            let report = VectorRunner().run(file: path)
            #expect(report.failures.map(\.reason) == ["the file is empty or cannot be read"])
        }
    }
}
