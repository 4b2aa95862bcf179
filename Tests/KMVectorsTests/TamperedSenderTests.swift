import Foundation
import KMVectors
import Testing

@Suite("Vectors of the sending direction that are wrong")
struct TamperedSenderTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test(
        "With an input spoilt, every valid test fails",
        arguments: [
            ("token-sign", ["secretKey", "signedAt", "body"]), ("request-stamp", ["stampedAt"]),
            ("message-encrypt", ["contentKey", "encryptedKey", "iv", "parameters"]),
            ("field-encrypt", ["correlationId"]),
        ]
    )
    func spoiltInputs(operation: String, members: [String]) throws {
        for member in members {
            var tree = try VectorTree(operation: "generated/\(operation)")
            let count = tree.edit { test in
                guard test["result"] as? String == "valid", let value = spoilt(test[member]) else { return false }
                test[member] = value
                return true
            }
            try expectFailures(tree, count, member)
        }
    }

    @Test("With what a sender draws for fields spoilt, every valid test that has a field fails")
    func spoiltDraws() throws {
        for member in ["contentKey", "encryptedKey", "ivs"] {
            var tree = try VectorTree(operation: "generated/field-encrypt")
            let count = tree.edit { test in
                guard test["result"] as? String == "valid", let ivs = test["ivs"] as? [String], !ivs.isEmpty else {
                    return false
                }
                test[member] = member == "ivs" ? ivs.dropLast() + [spoilt(ivs.last) ?? ""] : spoilt(test[member])
                return true
            }
            try expectFailures(tree, count, member)
        }
    }

    @Test("With an IV too few or too many, or with one twice, every valid test that has a field fails")
    func otherNumbersOfIVs() throws {
        let changes: [([String]) -> [String]] = [{ $0.dropLast() }, { $0 + $0.prefix(1) }]
        for change in changes {
            var tree = try VectorTree(operation: "generated/field-encrypt")
            let count = tree.edit { test in
                guard test["result"] as? String == "valid", let ivs = test["ivs"] as? [String], !ivs.isEmpty else {
                    return false
                }
                test["ivs"] = change(ivs)
                return true
            }
            try expectFailures(tree, count, "ivs")
        }
    }

    @Test("With the other profile, every valid test of a message whose profile decides anything fails")
    func otherProfiles() throws {
        for operation in ["token-sign", "message-encrypt"] {
            var tree = try VectorTree(operation: "generated/\(operation)")
            let count = tree.edit { test in
                guard test["result"] as? String == "valid" else { return false }
                test["profile"] = test["profile"] as? String == "gateway" ? "documented" : "gateway"
                return true
            }
            try expectFailures(tree, count, operation)
        }
    }

    @Test("Random bits that count fail when they are spoilt, and the four that do not count do not")
    func randomBits() throws {
        for (digit, fails) in [(7, true), (0, false)] {
            var tree = try VectorTree(operation: "generated/request-stamp")
            let count = tree.edit { test in
                guard test["result"] as? String == "valid", let random = test["random"] as? String else { return false }
                var digits = Array(random)
                digits[digit] = digits[digit] == "0" ? "1" : "0"
                test["random"] = String(digits)
                return true
            }
            try expectFailures(tree, fails ? count : 0, "random")
        }
    }

    @Test("A public key of another pair, or one that is none, stops the file", arguments: ["message", "field"])
    func otherPublicKeys(level: String) throws {
        let tree = try VectorTree(operation: "generated/\(level)-encrypt")
        let keys = try #require(tree.groups[0]["keys"] as? [[String: Any]])
        for publicKey in [keys[1]["publicKey"], "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
            var changed = tree
            changed.groups[0]["keys"] = [keys[0].with(["publicKey": publicKey ?? ""])] + keys.dropFirst()
            let report = VectorRunner().run(file: try folder.write(changed.data))
            #expect(report.failures.map(\.id) == [nil])
            #expect(report.passed == 0)
        }
    }

    private func expectFailures(_ tree: VectorTree, _ count: Int, _ member: String) throws {
        let report = VectorRunner().run(file: try folder.write(tree.data))
        #expect(report.failures.compactMap(\.id).count == count, "\(member)")
        #expect(report.passed == tree.tests.count - count, "\(member)")
        #expect(report.total == tree.tests.count)
    }
}
