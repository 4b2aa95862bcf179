import Foundation
import KMTestSupport
import Testing

extension ToolTests {
    /// Runs the vectors with the runners in Python and Node, and checks that these detect wrong vectors.
    @Suite struct VectorPythonNodeTests {
        typealias Members = VectorCopies.Members

        /// The outputs of valid tests, or the input that is changed instead if an operation has no output.
        private static let outputs = [
            "aes-gcm": ["plaintext", "tag"], "field-decrypt": ["parameters"], "field-encrypt": ["body"],
            "hmac-sha256": ["mac"], "json-path": ["matches"], "jwe-decrypt": ["header", "plaintext"],
            "message-decrypt": ["parameters"], "message-encrypt": ["body"], "par-derive": ["par", "keyCheckValue"],
            "request-headers": [
                "aspId", "correlationId", "accessKey", "cryptoKeyId", "tranTime", "timeZone", "tokenTime", "documented",
                "gateway",
            ],
            "request-stamp": ["correlationId", "tranTime", "tokenTime"],
            "response-headers": ["correlationId", "cryptoKeyId"], "rsa-oaep-decrypt": ["message"],
            "token-explain": ["cause"], "token-sign": ["token"],
            "token-verify": ["tokenTime", "documented", "gateway"],
        ]
        /// The members of `outputs` that are inputs.
        private static let inputs = ["tag", "mac", "cause"]

        private static let runners = InteropVectorRunner.all.filter(\.isRequired)

        private static func outputs(_ operation: String) throws -> [String] {
            try #require(outputs[operation], "\(operation) is unknown; add its outputs to this test")
        }

        private static func isValid(_ test: Members) -> Bool { test["result"] as? String == "valid" }

        @Test("Every test agrees", arguments: runners)
        func everyTest(runner: InteropVectorRunner) async throws {
            let report = try await runner.run(VectorCopies.root.path(percentEncoded: false))
            let names = try VectorCopies.names()
            let counts = try names.map { try #require(try VectorCopies.file($0)["numberOfTests"] as? Int) }
            #expect(report.status == 0)
            #expect(try #require(report.total) == (counts.reduce(0, +), 0))
            #expect(counts.reduce(0, +) >= 1710)
        }

        @Test("The runner in the vectors' README runs", .needs(Programs.python, "Python"))
        func runnerOfTheReadme() async throws {
            let python = try #require(Programs.python, "Python is not here: see .ci/interop-environment")
            let page = try String(contentsOf: VectorCopies.root.appending(path: "README.md"), encoding: .utf8)
            let blocks = page.components(separatedBy: "```python\n").dropFirst()
            let block = try #require(blocks.first?.components(separatedBy: "```").first)
            let folder = try TemporaryFolder()
            try folder.write(Array(block.utf8), to: "runner.py")
            let file = VectorCopies.root.appending(path: "hmac-sha256.json").path(percentEncoded: false)
            let outcome = try await python.run([folder.path("runner.py"), file])
            #expect(outcome.status == 0)
            #expect(outcome.outputText == "45 agreed, 0 disagreed\n")
        }

        @Test("With every result reversed, or with another error code, no test agrees", arguments: runners)
        func reversedResults(runner: InteropVectorRunner) async throws {
            let copies = try VectorCopies { operation, test in
                var other = test
                if Self.isValid(test) {
                    other["result"] = "invalid"
                    other["error"] = "authenticationFailed"
                    for name in try Self.outputs(operation) where !Self.inputs.contains(name) { other[name] = nil }
                } else {
                    other["error"] = "cryptographyUnavailable"
                }
                return other
            }
            try await copies.expectChangesAreSeen(by: runner)
        }

        @Test(
            "With every invalid test made valid, none of them agrees",
            .enabled(if: Effort.isThorough, "KMSEC_THOROUGH=1 runs it"),
            arguments: runners
        )
        func validResults(runner: InteropVectorRunner) async throws {
            let copies = try VectorCopies { _, test in
                guard !Self.isValid(test) else { return nil }
                return test.merging(["result": "valid"]) { $1 }.filter { $0.key != "error" }
            }
            try await copies.expectChangesAreSeen(by: runner)
        }

        @Test(
            "With an output changed, no valid test agrees",
            arguments: runners,
            Effort.isThorough ? [0, 1, 2] : [0]
        )
        func changedOutputs(runner: InteropVectorRunner, turn: Int) async throws {
            let copies = try VectorCopies { operation, test in
                let names = try Self.outputs(operation).filter { test[$0] != nil }
                guard Self.isValid(test), let id = test["id"] as? Int, !names.isEmpty else { return nil }
                let name = names[(id + turn) % names.count]
                return test.merging([name: try #require(Self.altered(test[name]))]) { $1 }
            }
            #expect(copies.changed.count >= 12)
            try await copies.expectChangesAreSeen(by: runner)
        }

        /// Returns another value of the same form.
        private static func altered(_ value: Any?) -> Any? {
            switch value {
            case let text as String where text.isEmpty: "00"
            case "body-null" as String: "body-empty"
            // A cause.
            case let text as String where text.contains("-") && !text.contains(where: \.isNumber): "body-null"
            case let text as String: String(text.dropLast()) + (text.hasSuffix("0") ? "1" : "0")
            case let number as Int: number + 1
            case let header as Members: header.merging(["enc": altered(header["enc"]) ?? ""]) { $1 }
            case let matches as [Members]:
                Array(matches.dropLast()) + (matches.isEmpty ? [["path": "$", "offset": 0, "value": "30"]] : [])
            default: nil
            }
        }

        /// Changes that make a file invalid.
        private static let faults:
            [(what: String, change: @Sendable (inout Members, inout Members, inout Members) -> Void)] = [
                ("an unknown member of the file", { file, _, _ in file["more"] = 1 }),
                ("an unknown member of a group", { _, group, _ in group["more"] = 1 }),
                ("an unknown member of a test", { _, _, test in test["more"] = "00" }),
                ("a member that is missing", { _, _, test in test["message"] = nil }),
                ("a member that is null", { _, _, test in test["comment"] = NSNull() }),
                ("another format", { file, _, _ in file["format"] = "kmsec-vectors-2" }),
                ("an unknown operation", { file, _, _ in file["operation"] = "hmac-sha512" }),
                ("an unknown flag", { _, _, test in test["flags"] = ["KeySizes"] }),
                ("an unknown result", { _, _, test in test["result"] = "acceptable" }),
                ("an invalid test without its error", { _, _, test in test["result"] = "invalid" }),
                ("an error of a valid test", { _, _, test in test["error"] = "authenticationFailed" }),
                ("a number of tests too large", { file, _, _ in file["numberOfTests"] = 46 }),
                ("a number twice", { _, _, test in test["id"] = 2 }),
                ("capital hexadecimal digits", { _, _, test in test["key"] = "0A" }),
                ("half a byte", { _, _, test in test["key"] = "0" }),
            ]

        @Test("An invalid file stops the run", arguments: runners)
        func otherFormats(runner: InteropVectorRunner) async throws {
            let folder = try TemporaryFolder()
            for fault in Self.faults {
                var file = try VectorCopies.file("hmac-sha256.json")
                var groups = try #require(file["groups"] as? [Members])
                var tests = try #require(groups[0]["tests"] as? [Members])
                fault.change(&file, &groups[0], &tests[0])
                groups[0]["tests"] = tests
                file["groups"] = groups
                try folder.write(Array(JSONSerialization.data(withJSONObject: file)), to: "file.json")
                let report = try await runner.run(folder.path)
                #expect(report.status == 1, "\(fault.what)")
                #expect(report.total == nil, "\(fault.what)")
            }
            let text = try String(contentsOf: VectorCopies.root.appending(path: "hmac-sha256.json"), encoding: .utf8)
            let twice = text.replacingOccurrences(of: #""numberOfTests""#, with: #""format": "", "numberOfTests""#)
            try folder.write(Array(twice.utf8), to: "file.json")
            #expect(try await runner.run(folder.path).total == nil, "a member twice")
        }

        @Test(
            "A test with an unknown member stops the run, for each operation",
            arguments: runners
        )
        func unknownMembers(runner: InteropVectorRunner) async throws {
            let copies = try VectorCopies { _, test in test.merging(["unheardOf": "00"]) { $1 } }
            for name in copies.counts.keys.sorted() {
                let report = try await runner.run(copies.folder.path(name))
                #expect(report.status == 1, "\(name)")
                #expect(report.total == nil, "\(name)")
            }
        }
    }
}
