import Foundation
import Testing

extension ToolTests {
    /// CycloneDX's own library accepts the documents of `kmsec keyring inventory`.
    @Suite struct InventoryPythonTests {
        private let keys: TemporaryFolder

        init() throws {
            keys = try #require(KeyFolder.current)
        }

        @Test(.needs(Programs.python, "Python with cyclonedx-python-lib"), arguments: ["provider", "platform"])
        func libraryAcceptsFilesWithKeysInEachState(_ role: String) async throws {
            let ring = try await KeyringFolder(role)
            var expected: [String] = []
            /// Writes the document of the current file, and remembers what the library must find in it.
            func write(_ name: String, _ facts: String...) async throws {
                let outcome = try await ring.run("inventory", ["--format", "cyclonedx"])
                #expect(outcome.errorText.contains("warning: the keyring file uses scrypt"))
                try ring.folder.write(outcome.output, to: name)
                expected += facts.map { "\(name) \($0)" }
            }
            let (a, b) = (KeyringFolder.id("a"), KeyringFolder.id("b"))
            let other = try await ring.pair(b)
            try await write("empty")
            let certificate = ["--certificate", keys.path("key.cert.pem")]
            try await ring.change("add", ["--id", a, "--private-key", keys.path("key.private.pem")] + certificate)
            try await write("one", "\(a) private-key pre-activation", "\(a) public-key pre-activation")
            try await ring.force("promote", [a])
            try await ring.change(
                "add",
                ["--id", b, "--certificate", other.certificate, "--private-key-reference", other.key]
            )
            try await ring.force("promote", [b])
            let second = ["\(b) private-key active", "\(b) public-key active"]
            for (command, state) in [
                ("suspend", "suspended"), ("reactivate", "active"), ("deactivate", "deactivated"),
            ] {
                let move = command == "reactivate" ? [] : ["--callbacks-move-to", b]
                try await ring.force(command, [a] + move)
                try await write(state, "\(a) private-key \(state)", "\(a) public-key \(state)", second[0], second[1])
            }
            try await ring.change("compromise", [a])
            try await write(
                "compromised",
                "\(a) private-key compromised",
                "\(a) public-key compromised",
                second[0],
                second[1]
            )
            try await ring.force("discard", [a])
            try await write("destroyed", "\(a) key destroyed", second[0], second[1])
            // The size of a private key that cannot be read is not known.
            try FileManager.default.removeItem(atPath: ring.folder.path(other.key))
            try await write("unreadable", "\(a) key destroyed", second[0], second[1])
            try await ring.change("compromise", [b, "--stop-sending"])
            try await ring.force("discard", [b])
            // A party that only sends, and one that only receives.
            let (c, d) = (KeyringFolder.id("c"), KeyringFolder.id("d"))
            try await ring.force("add", ["--id", c] + certificate)
            try await ring.force("add", ["--id", d, "--private-key", keys.path("key.private.pem")])
            let erased = ["\(a) key destroyed", "\(b) key destroyed"]
            try await write(
                "halves",
                erased[0],
                erased[1],
                "\(c) public-key pre-activation",
                "\(d) private-key pre-activation"
            )
            for id in [c, d] { try await ring.force("discard", [id]) }
            try await write("all", erased[0], erased[1], "\(c) key destroyed", "\(d) key destroyed")

            let names = expected.compactMap { $0.split(separator: " ").first.map(String.init) }
            let files =
                ["empty"]
                + names.enumerated().filter { $0.offset == 0 || names[$0.offset - 1] != $0.element }
                .map(\.element)
            #expect(try await library(ring, files) == expected)
            try expectNoPrivateKey(ring, files)
        }

        /// A damaged document is rejected, so the check can fail.
        @Test(
            .needs(Programs.python, "Python with cyclonedx-python-lib"),
            arguments: [
                (#""state" : "active""#, #""state" : "valid""#), ("\"algorithm/SHA-256\"", "\"algorithm/SHA-1\""),
                (#""specVersion""#, #""unknown" : 1, "specVersion""#),
            ]
        )
        func libraryRejectsDamagedDocuments(_ text: String, _ damaged: String) async throws {
            let ring = try await KeyringFolder("provider")
            let document = try await ring.run("inventory", ["--format", "cyclonedx"]).outputText
            let range = try #require(document.range(of: text))
            let copy = document.replacingCharacters(in: range, with: damaged)
            try ring.folder.write(Array(copy.utf8), to: "damaged")
            let python = try #require(Programs.python, "Python is not here: see .ci/interop-environment")
            let outcome = try await python.run([Programs.script("inventory.py"), "damaged"], folder: ring.folder)
            #expect(outcome.status == 1)
            #expect(outcome.errorText.contains("damaged: "))
        }

        private func library(_ ring: KeyringFolder, _ files: [String]) async throws -> [String] {
            let python = try #require(Programs.python, "Python is not here: see .ci/interop-environment")
            let output = try await python.output(of: [Programs.script("inventory.py")] + files, folder: ring.folder)
            return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
        }

        /// Expects that no document contains a line of the private key's PEM text.
        private func expectNoPrivateKey(_ ring: KeyringFolder, _ files: [String]) throws {
            let pem = String(decoding: try keys.read("key.private.pem"), as: UTF8.self)
            let lines = pem.split(separator: "\n").filter { $0.count == 64 }
            #expect(lines.count > 20)
            for file in files {
                let document = String(decoding: try ring.folder.read(file), as: UTF8.self)
                for line in lines { #expect(!document.contains(line)) }
            }
        }
    }
}
