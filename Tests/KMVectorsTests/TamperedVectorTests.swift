import Foundation
import KMVectors
import Testing

@Suite("Vectors that are wrong")
struct TamperedVectorTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// What a valid test gives, an operation at a time.
    private static let outputs: [(operation: String, members: [String])] = [
        ("aes-gcm", ["plaintext"]), ("field-decrypt", ["parameters"]), ("hmac-sha256", []), ("json-path", ["matches"]),
        ("jwe-decrypt", ["header", "plaintext"]), ("message-decrypt", ["parameters"]),
        ("par-derive", ["par", "keyCheckValue"]),
        (
            "request-headers",
            [
                "aspId", "correlationId", "accessKey", "cryptoKeyId", "tranTime", "timeZone", "tokenTime", "documented",
                "gateway",
            ]
        ),
        ("response-headers", ["correlationId", "cryptoKeyId"]), ("rsa-oaep-decrypt", ["message"]),
        ("token-explain", ["cause"]), ("token-verify", ["tokenTime", "documented", "gateway"]),
        ("generated/field-decrypt", ["parameters"]), ("generated/field-encrypt", ["body"]),
        ("generated/par-derive", ["par", "keyCheckValue"]),
        ("generated/jwe-decrypt", ["header", "plaintext"]), ("generated/message-decrypt", ["parameters"]),
        ("generated/message-encrypt", ["body"]),
        ("generated/request-stamp", ["correlationId", "tranTime", "tokenTime"]), ("generated/token-sign", ["token"]),
        ("generated/token-verify", ["tokenTime", "documented", "gateway"]),
    ]

    @Test("With every result turned round, every test fails", arguments: outputs)
    func turnedResults(operation: String, members: [String]) throws {
        var tree = try VectorTree(operation: operation)
        let count = tree.edit { test in
            if test["result"] as? String == "valid" {
                test["result"] = "invalid"
                test["error"] = "authenticationFailed"
                for member in members { test[member] = nil }
            } else {
                test["error"] = "cryptographyUnavailable"
            }
            return true
        }
        let report = VectorRunner().run(file: try folder.write(tree.data))
        #expect(report.passed == 0)
        #expect(report.failures.compactMap(\.id).count == count)
        #expect(!report.isSuccess)
    }

    @Test("With an output spoilt, every valid test fails", arguments: outputs)
    func spoiltOutputs(operation: String, members: [String]) throws {
        for member in members where !["header", "matches"].contains(member) {
            var tree = try VectorTree(operation: operation)
            let count = tree.edit { test in
                guard test["result"] as? String == "valid", let value = spoilt(test[member]) else { return false }
                test[member] = value
                return true
            }
            let report = VectorRunner().run(file: try folder.write(tree.data))
            #expect(count > 0)
            #expect(report.failures.compactMap(\.id).count == count, "\(member)")
            #expect(report.passed == tree.tests.count - count)
        }
    }

    @Test("With a header parameter spoilt, every valid test fails", arguments: ["alg", "enc", "kid", "cty"])
    func spoiltHeaders(name: String) throws {
        var tree = try VectorTree(operation: "jwe-decrypt")
        let count = tree.edit { test in
            guard var header = test["header"] as? [String: Any], let value = spoilt(header[name]) else { return false }
            header[name] = value
            test["header"] = header
            return true
        }
        let report = VectorRunner().run(file: try folder.write(tree.data))
        #expect(count > 0)
        #expect(report.failures.compactMap(\.id).count == count)
    }

    @Test(
        "With a MAC or a tag spoilt, every valid test fails",
        arguments: [("hmac-sha256", "mac"), ("aes-gcm", "tag")]
    )
    func spoiltTags(operation: String, member: String) throws {
        var tree = try VectorTree(operation: operation)
        let count = tree.edit { test in
            guard test["result"] as? String == "valid" else { return false }
            test[member] = spoilt(test[member])
            return true
        }
        let report = VectorRunner().run(file: try folder.write(tree.data))
        #expect(report.failures.compactMap(\.id).count == count)
        #expect(report.passed == tree.tests.count - count)
    }

    @Test(
        "A failure shows neither inputs nor outputs",
        arguments: [
            ("jwe-decrypt", "plaintext"), ("message-decrypt", "parameters"), ("field-decrypt", "parameters"),
            ("aes-gcm", "plaintext"), ("generated/message-encrypt", "body"), ("generated/field-encrypt", "body"),
            ("generated/field-encrypt", "contentKey"),
        ]
    )
    func failuresAreDiscreet(operation: String, member: String) throws {
        var tree = try VectorTree(operation: operation)
        _ = tree.edit { test in
            test[member] = spoilt(test[member])
            return true
        }
        let report = VectorRunner().run(file: try folder.write(tree.data))
        let card = "9491339401250765"
        let hex = card.utf8.map { String($0, radix: 16) }.joined()
        #expect(!report.failures.isEmpty)
        for failure in report.failures {
            #expect(!"\(failure)".contains(card))
            #expect(!"\(failure)".contains(hex))
        }
    }

    @Test("A key that is none, or is another one, stops the file")
    func spoiltKeys() throws {
        var tree = try VectorTree(operation: "rsa-oaep-decrypt")
        tree.groups[1]["privateKey"] = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
        var report = VectorRunner().run(file: try folder.write(tree.data))
        #expect(report.failures.map(\.id) == [nil])
        #expect(report.passed == 0)

        tree = try VectorTree(operation: "jwe-decrypt")
        tree.groups[0]["privateKeyJwk"] = tree.groups[2]["privateKeyJwk"]
        report = VectorRunner().run(file: try folder.write(tree.data))
        #expect(report.failures.map(\.id) == [nil])
        #expect(report.total == 1)
    }
}
