import Foundation
import Testing

extension ToolTests {
    /// Other programs read the files of `kmsec key generate`.
    @Suite struct GeneratedKeyTests {
        private static let passphrase = "correct horse 비밀"

        @Test(arguments: [nil, passphrase]) func opensslReadsGeneratedKeys(_ passphrase: String?) async throws {
            let folder = try await generated(passphrase)
            #expect(try await fingerprints(in: folder, passphrase).count == 3)
            let openssl = try #require(Programs.openssl)
            let check = try await openssl.output(
                of: ["pkey", "-in", "\(KeyFolder.keyID).private.pem", "-noout", "-check"] + Self.option(passphrase),
                folder: folder
            )
            #expect(String(decoding: check, as: UTF8.self) == "Key is valid\n")
            let text = String(
                decoding: try await openssl.output(
                    of: ["x509", "-in", "\(KeyFolder.keyID).cert.pem", "-noout", "-text", "-nameopt", "RFC2253"],
                    folder: folder
                ),
                as: UTF8.self
            )
            for line in [
                "Version: 3 (0x2)", "Signature Algorithm: sha256WithRSAEncryption", "Subject: CN=\(KeyFolder.keyID)",
                "Issuer: CN=\(KeyFolder.keyID)", "Public-Key: (2048 bit)", "Exponent: 65537 (0x10001)", "CA:FALSE",
                "Key Encipherment",
            ] {
                #expect(text.contains(line), "\(line)")
            }
        }

        @Test(.needs(Programs.node, "node"), arguments: [nil, passphrase])
        func nodeReadsGeneratedKeys(_ passphrase: String?) async throws {
            try await compare(Programs.node, "keys.mjs", passphrase)
        }

        @Test(.needs(Programs.python, "Python with cryptography"), arguments: [nil, passphrase])
        func pythonReadsGeneratedKeys(_ passphrase: String?) async throws {
            try await compare(Programs.python, "keys.py", passphrase)
        }

        /// Compares the output of a script with what the `openssl` command reads.
        private func compare(_ program: Program?, _ script: String, _ passphrase: String?) async throws {
            let program = try #require(program, "the program for \(script) is not here: see .ci/interop-environment")
            let folder = try await generated(passphrase)
            let names = ["private", "public", "cert"].map { "\(KeyFolder.keyID).\($0).pem" }
            let output = try await program.output(
                of: [Programs.script(script)] + names + [passphrase].compactMap(\.self),
                folder: folder
            )
            let expected = try await fingerprints(in: folder, passphrase) + ["CN=\(KeyFolder.keyID)"]
            #expect(String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init) == expected)
        }

        private func generated(_ passphrase: String?) async throws -> TemporaryFolder {
            let folder = try TemporaryFolder()
            var arguments = ["key", "generate", "--out", ".", "--id", KeyFolder.keyID]
            if let passphrase {
                try folder.write(Array(passphrase.utf8), to: "passphrase")
                arguments += ["--passphrase-file", "passphrase"]
            }
            try await #require(Programs.kmsec).output(of: arguments, folder: folder)
            return folder
        }

        /// Returns the SHA-256 of the SubjectPublicKeyInfo in each of the three files, and expects all to be the same.
        private func fingerprints(in folder: TemporaryFolder, _ passphrase: String?) async throws -> [String] {
            let openssl = try #require(Programs.openssl)
            let pem = "\(KeyFolder.keyID).cert.pem"
            let certified = try await openssl.output(of: ["x509", "-in", pem, "-noout", "-pubkey"], folder: folder)
            try folder.write(certified, to: "certified.pem")
            var fingerprints: [String] = []
            for source in [
                ["-in", "\(KeyFolder.keyID).private.pem"] + Self.option(passphrase),
                ["-pubin", "-in", "\(KeyFolder.keyID).public.pem"],
                ["-pubin", "-in", "certified.pem"],
            ] {
                let der = try await openssl.output(
                    of: ["pkey", "-pubout", "-outform", "DER"] + source,
                    folder: folder
                )
                let digest = try await openssl.output(of: ["dgst", "-sha256", "-r"], input: der)
                fingerprints.append(String(decoding: digest.prefix(64), as: UTF8.self))
            }
            #expect(Set(fingerprints).count == 1)
            return fingerprints
        }

        private static func option(_ passphrase: String?) -> [String] {
            passphrase.map { ["-passin", "pass:\($0)"] } ?? []
        }
    }
}
