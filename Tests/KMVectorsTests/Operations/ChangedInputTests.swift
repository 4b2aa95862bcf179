import KMVectors
import Testing

@Suite("Vectors of sending operations with wrong inputs")
struct ChangedInputTests {
    @Test(
        "With an input changed, every valid test fails",
        arguments: [
            ("token-sign", ["secretKey", "signedAt", "body"]), ("request-stamp", ["stampedAt"]),
            ("message-encrypt", ["contentKey", "encryptedKey", "iv", "parameters"]),
            ("field-encrypt", ["correlationId"]),
        ]
    )
    func changedInputs(operation: String, members: [String]) throws {
        for member in members {
            var tree = try VectorTree(operation: "generated/\(operation)")
            let count = tree.edit { test in
                guard test["result"] as? String == "valid", let value = altered(test[member]) else { return false }
                test[member] = value
                return true
            }
            try tree.expectFailures(count, "\(member)")
        }
    }

    @Test("With a key or an IV for fields changed, every valid test that has a field fails")
    func changedFieldKeys() throws {
        for member in ["contentKey", "encryptedKey", "ivs"] {
            var tree = try VectorTree(operation: "generated/field-encrypt")
            let count = tree.edit { test in
                guard test["result"] as? String == "valid", let ivs = test["ivs"] as? [String], !ivs.isEmpty else {
                    return false
                }
                test[member] = member == "ivs" ? ivs.dropLast() + [altered(ivs.last) ?? ""] : altered(test[member])
                return true
            }
            try tree.expectFailures(count, "\(member)")
        }
    }

    @Test("With an IV removed or repeated, every valid test that has a field fails")
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
            try tree.expectFailures(count, "ivs")
        }
    }

    @Test("With the other profile, every valid test of token-sign and message-encrypt fails")
    func otherProfiles() throws {
        for operation in ["token-sign", "message-encrypt"] {
            var tree = try VectorTree(operation: "generated/\(operation)")
            let count = tree.edit { test in
                guard test["result"] as? String == "valid" else { return false }
                test["profile"] = test["profile"] as? String == "gateway" ? "documented" : "gateway"
                return true
            }
            try tree.expectFailures(count, "\(operation)")
        }
    }

    @Test("With one of the low 28 random bits changed, every valid test fails; with one of the other four, none does")
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
            try tree.expectFailures(fails ? count : 0, "random")
        }
    }

    @Test(
        "A file with a malformed public key, or with that of another pair, does not run",
        arguments: ["message", "field"]
    )
    func otherPublicKeys(level: String) throws {
        let tree = try VectorTree(operation: "generated/\(level)-encrypt")
        let keys = try #require(tree.groups[0]["keys"] as? [[String: Any]])
        for publicKey in [keys[1]["publicKey"], "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
            var changed = tree
            changed.groups[0]["keys"] = [keys[0].with(["publicKey": publicKey ?? ""])] + keys.dropFirst()
            try changed.expectInvalid()
        }
    }
}
