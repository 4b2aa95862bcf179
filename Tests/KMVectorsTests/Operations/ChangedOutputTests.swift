import KMVectors
import Testing

@Suite("Vectors with wrong expected results")
struct ChangedOutputTests {
    /// The outputs of a valid test, by file.
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

    @Test("With every result reversed, every test fails", arguments: outputs)
    func reversedResults(operation: String, members: [String]) throws {
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
        #expect(count == tree.tests.count)
        try tree.expectFailures(count)
    }

    @Test("With an output changed, every valid test fails", arguments: outputs)
    func changedOutputs(operation: String, members: [String]) throws {
        for member in members where !["header", "matches"].contains(member) {
            var tree = try VectorTree(operation: operation)
            let count = tree.edit { test in
                guard test["result"] as? String == "valid", let value = altered(test[member]) else { return false }
                test[member] = value
                return true
            }
            #expect(count > 0)
            try tree.expectFailures(count, "\(member)")
        }
    }

    @Test("With a header parameter changed, every valid test fails", arguments: ["alg", "enc", "kid", "cty"])
    func changedHeaders(name: String) throws {
        var tree = try VectorTree(operation: "jwe-decrypt", every: 1)
        let count = tree.edit { test in
            guard var header = test["header"] as? [String: Any], let value = altered(header[name]) else { return false }
            header[name] = value
            test["header"] = header
            return true
        }
        #expect(count > 0)
        try tree.expectFailures(count)
    }

    @Test(
        "With a MAC or a tag changed, every valid test fails",
        arguments: [("hmac-sha256", "mac"), ("aes-gcm", "tag")]
    )
    func changedTags(operation: String, member: String) throws {
        var tree = try VectorTree(operation: operation)
        let count = tree.edit { test in
            guard test["result"] as? String == "valid" else { return false }
            test[member] = altered(test[member])
            return true
        }
        try tree.expectFailures(count)
    }

    @Test(
        "A failure contains neither inputs nor outputs",
        arguments: [
            ("jwe-decrypt", "plaintext"), ("message-decrypt", "parameters"), ("field-decrypt", "parameters"),
            ("aes-gcm", "plaintext"), ("generated/message-encrypt", "body"), ("generated/field-encrypt", "body"),
            ("generated/field-encrypt", "contentKey"),
        ]
    )
    func failuresContainNoData(operation: String, member: String) throws {
        var tree = try VectorTree(operation: operation)
        _ = tree.edit { test in
            test[member] = altered(test[member])
            return true
        }
        let report = try tree.report()
        let card = "9491339401250765"
        let hex = card.utf8.map { String($0, radix: 16) }.joined()
        #expect(!report.failures.isEmpty)
        for failure in report.failures {
            #expect(!"\(failure)".contains(card))
            #expect(!"\(failure)".contains(hex))
        }
    }

    @Test("A file with a malformed key, or with two keys that differ, does not run")
    func wrongKeys() throws {
        var tree = try VectorTree(operation: "rsa-oaep-decrypt")
        tree.groups[1]["privateKey"] = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
        try tree.expectInvalid()

        tree = try VectorTree(operation: "jwe-decrypt")
        tree.groups[0]["privateKeyJwk"] = tree.groups[2]["privateKeyJwk"]
        try tree.expectInvalid()
    }
}

@Suite("json-path vectors with wrong expected matches")
struct ChangedMatchTests {
    @Test("With a match changed, every valid test fails", arguments: ["path", "offset", "value"])
    func changedMatches(name: String) throws {
        try expectFailures { matches in
            guard let last = matches.last, let value = altered(last[name]) else { return nil }
            return matches.dropLast() + [last.with([name: value])]
        }
    }

    @Test("With a match removed, added or out of order, every valid test fails")
    func otherMatches() throws {
        try expectFailures { $0.isEmpty ? nil : $0.dropLast() }
        try expectFailures { $0 + ($0.last.map { [$0] } ?? [["path": "$", "offset": 0, "value": "30"]]) }
        try expectFailures { $0.count < 2 ? nil : $0.reversed() }
    }

    /// Replaces the matches of the tests for which `change` returns others, and expects exactly these tests to fail.
    private func expectFailures(_ change: ([[String: Any]]) -> [[String: Any]]?) throws {
        var tree = try VectorTree(operation: "json-path")
        let count = tree.edit { test in
            guard let matches = test["matches"] as? [[String: Any]], let others = change(matches) else { return false }
            test["matches"] = others
            return true
        }
        #expect(count > 0)
        try tree.expectFailures(count)
    }
}
