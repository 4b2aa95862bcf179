import Foundation
import KMSecurity
import Testing

extension ToolTests {
    /// Rotations with the tool, whose nodes are in the test process and write their censuses.
    @Suite struct KeyringCensusTests {
        private let keys: TemporaryFolder
        private let a = KeyringFolder.id("a")
        private let b = KeyringFolder.id("b")
        private let c = KeyringFolder.id("c")
        /// Long enough for the steps before its end on a machine that other tests share.
        private static let soakSeconds = 60

        init() throws {
            keys = try #require(KeyFolder.current)
        }

        private func node(_ ring: KeyringFolder, _ name: String) throws -> FileKeyring {
            try FileKeyring(
                path: ring.folder.path("ring"),
                passphrases: .files(ring.folder.path("passphrase")),
                node: name
            )
        }

        /// Expects that a step is blocked for exactly these reasons, each known by its beginning, and changes nothing.
        private func expectBlocked(
            _ ring: KeyringFolder,
            _ call: [String],
            _ reasons: [String],
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let before = try ring.folder.read("ring")
            let outcome = try await ring.run(call[0], Array(call.dropFirst()))
            #expect(outcome.status == 1, sourceLocation: sourceLocation)
            let lines = outcome.errorText.split(separator: "\n").filter { $0.hasPrefix("kmsec: error: ") }
            let found = lines.map { $0.dropFirst("kmsec: error: rotationBlocked: ".count) }
            #expect(found.count == reasons.count, "\(lines)", sourceLocation: sourceLocation)
            for (text, reason) in zip(found, reasons) {
                #expect(text.hasPrefix(reason), "\(text)", sourceLocation: sourceLocation)
            }
            #expect(try ring.folder.read("ring") == before, sourceLocation: sourceLocation)
        }

        private func key(_ id: String) -> [String] {
            ["--id", id, "--private-key", keys.path("key.private.pem"), "--certificate", keys.path("key.cert.pem")]
        }

        /// No step of it is forced.
        @Test(.timeLimit(.minutes(20))) func aRotationNeedsTheCensusesOfAllNodes() async throws {
            let ring = try await KeyringFolder(
                "provider",
                ["--insecure-fast-passphrase", "--node", "shop1", "--soak", "\(Self.soakSeconds)"]
            )
            try await ring.change("set", ["--node", "shop1", "--node", "shop2"])
            try await ring.change("add", key(a))
            try await expectBlocked(ring, ["promote", a], ["the peer has not said that all its nodes hold key \(a)"])
            try await ring.change("peer", [a, "holds"])
            try await ring.change("promote", [a])
            let (first, second) = try (node(ring, "shop1"), node(ring, "shop2"))
            /// Lets both nodes load the file.
            func load() throws {
                for node in [first, second] { _ = try node.reload() }
            }

            try await ring.change("add", key(b))
            try await expectBlocked(ring, ["add"] + key(c), ["two keys are usable already"])
            try load()
            try await expectBlocked(ring, ["promote", b], ["the peer has not said that all its nodes hold key \(b)"])
            try await ring.change("peer", [b, "holds"])
            _ = try first.reload()
            try await expectBlocked(ring, ["promote", b], ["node shop2 has loaded generation 6, not 7"])
            _ = try second.reload()
            try await ring.change("promote", [b])

            let retire = ["deactivate", a, "--callbacks-move-to", b]
            try await expectBlocked(ring, retire, ["node shop1 has loaded", "node shop2 has loaded"])
            try load()
            try await expectBlocked(ring, ["deactivate", a], ["callbacks use key \(a)"])
            try await expectBlocked(ring, ["discard", a], ["key \(a) is active; deactivate it first"])
            try await ring.change(retire[0], Array(retire.dropFirst()))
            try await expectBlocked(
                ring,
                ["discard", a],
                [
                    "node shop1 has loaded generation 8, not 9", "node shop2 has loaded generation 8, not 9",
                    "the peer has not said that it stopped", "the soak time of key \(a) ends at",
                ]
            )
            try load()
            try await ring.change("peer", [a, "stopped"])
            try load()
            try await expectBlocked(
                ring,
                ["peer", a, "holds"],
                ["stopped is recorded of the peer and key \(a) already"]
            )
            try await expectBlocked(ring, ["discard", a], ["the soak time of key \(a) ends at"])
            try await Task.sleep(for: .seconds(Self.soakSeconds + 2))
            // The soak time has passed on the clock, and not yet in the censuses.
            let late = "before the soak time does"
            let early = try await ring.run("discard", [a])
            #expect(early.status == 1 && early.errorText.contains("node shop1 ends at"))
            #expect(early.errorText.contains(late))
            for node in [first, second] { try node.writeCensus() }
            try await ring.change("discard", [a])

            let third = ["add"] + key(c)
            let undestroyed = "the peer has not said that it destroyed key \(a)"
            try await expectBlocked(ring, third, [undestroyed, "node shop1 has loaded", "node shop2 has loaded"])
            try load()
            try await expectBlocked(ring, third, [undestroyed])
            try await ring.change("peer", [a, "destroyed"])
            try await expectBlocked(
                ring,
                ["peer", a, "stopped"],
                ["destroyed is recorded of the peer and key \(a) already; the state only goes forward"]
            )
            try await ring.change("add", key(c))
            let log = try await ring.run("verify-log").outputText
            #expect(!log.contains("forced"))
            #expect(log.split(separator: "\n").count == 13)
        }

        // MARK: Files that are no census

        private func ring() async throws -> KeyringFolder {
            let ring = try await KeyringFolder("platform", ["--insecure-fast-passphrase", "--node", "api"])
            try await ring.change("add", ["--id", a, "--private-key", keys.path("key.private.pem")])
            try await ring.change("peer", [a, "stopped"])
            return ring
        }

        /// A wrong path is named, and what only looks like a file does not make the tool wait.
        @Test(.timeLimit(.minutes(20)), arguments: ["missing", "damaged", "folder", "pipe", "other.census"])
        func aFileThatIsNoCensusIsNamed(_ name: String) async throws {
            let ring = try await ring()
            try ring.folder.write(Array("{".utf8), to: "damaged")
            try ring.folder.makeFolder("folder")
            try await Programs.shell.output(of: ["-c", "mkfifo pipe"], folder: ring.folder)
            let other = try await KeyringFolder("platform", ["--insecure-fast-passphrase", "--node", "api"])
            try node(other, "api").writeCensus()
            try ring.folder.write(other.folder.read("ring.api.census"), to: "other.census")
            let reason = [
                "missing": "No such file or directory", "damaged": "expected", "folder": "must be a regular file",
                "pipe": "must be a regular file", "other.census": "belongs to another keyring file",
            ]
            let fault = "no census: \(name): "
            for (command, arguments, status) in [
                ("census", [], 1), ("census", ["--json"], 1), ("plan", [], 0), ("discard", [a], 1),
                ("discard", [a, "--insecure-force", "--reason", "test"], 0),
            ] {
                let outcome = try await ring.run(command, arguments + ["--census", name])
                #expect(outcome.status == Int32(status), "\(command): \(outcome.errorText)")
                let line = outcome.errorText.split(separator: "\n").first { $0.contains(fault) }
                #expect(try line?.contains(#require(reason[name])) == true, "\(command): \(outcome.errorText)")
                if arguments == ["--json"] {
                    #expect(outcome.outputText.contains(#""file" : "\#(name)""#), "\(outcome.outputText)")
                }
            }
        }

        @Test func aDamagedCensusBesideTheFileIsNamed() async throws {
            let ring = try await ring()
            try node(ring, "api").writeCensus()
            let good = try ring.folder.read("ring.api.census")
            #expect(try await ring.run("census").status == 0)
            let text = String(decoding: good, as: UTF8.self)
            try ring.folder.write(
                Array(text.replacing("\"hasEnded\": false", with: "\"hasEnded\": true").utf8),
                to: "ring.api.census"
            )
            let outcome = try await ring.run("census")
            let reason = "ring.api.census: the census was changed or damaged"
            #expect(outcome.status == 1)
            #expect(outcome.errorText.contains("error: no census: \(reason)"))
            #expect(outcome.outputText.contains("node api: unknown: \(reason)"))
        }

        // MARK: Reasons

        @Test(arguments: ["9491339401250765", "card 9491-3394-0125-0765.", "9491339401250766"])
        func aReasonMustHaveNoCardNumber(_ number: String) async throws {
            let ring = try await ring()
            let before = try (ring.folder.read("ring"), ring.folder.read("ring.log"))
            for call in [["set", "--soak", "99999"], ["peer", a, "destroyed"], ["compromise", a], ["promote", a]] {
                let outcome = try await ring.run(call[0], Array(call.dropFirst()) + ["--reason", "lost \(number)"])
                #expect(outcome.status == 64)
                #expect(outcome.errorText.contains("could be a card number"))
                #expect(!outcome.errorText.contains(number))
            }
            for command in ["set", "init"] {
                let outcome = try await ring.run(
                    command,
                    ["--node", number.filter(\.isNumber)] + (command == "init" ? ["--role", "platform"] : [])
                )
                #expect(outcome.status == 64 && outcome.errorText.contains("could be a card number"))
            }
            #expect(try ring.folder.read("ring") == before.0)
            #expect(try ring.folder.read("ring.log") == before.1)
        }

        @Test func whatLoosensTheGuardsNeedsAReason() async throws {
            let ring = try await KeyringFolder(
                "platform",
                ["--insecure-fast-passphrase", "--node", "api", "--soak", "100"]
            )
            try await expectBlocked(ring, ["set", "--soak", "99"], ["a shorter soak time requires --reason TEXT"])
            try await expectBlocked(ring, ["set", "--node", "other"], ["the uses of a node that is not listed"])
            try await expectBlocked(
                ring,
                ["set", "--soak", "99", "--reason", ""],
                ["a shorter soak time requires --reason TEXT"]
            )
            try await ring.change("set", ["--soak", "100"])
            try await ring.change("set", ["--node", "api", "--node", "other", "--soak", "101"])
            try await ring.change("set", ["--node", "api", "--reason", "the machine is gone"])
            try await ring.change("set", ["--soak", "99", "--reason", "a drill"])
            try await ring.change("add", ["--id", a, "--private-key", keys.path("key.private.pem")])
            try await ring.change("compromise", [a, "--reason", "a laptop was stolen"])
            let log = try await ring.run("verify-log").outputText
            for reason in ["set (the machine is gone)", "set (a drill)", "compromised (a laptop was stolen)"] {
                #expect(log.contains(reason), "\(log)")
            }
        }
    }
}
