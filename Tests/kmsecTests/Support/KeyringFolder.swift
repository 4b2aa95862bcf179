import Foundation
import Testing

/// A folder with a keyring file, which the tool makes and changes.
struct KeyringFolder {
    let folder: TemporaryFolder
    private let kmsec: Program

    /// Creates the file `ring` of a party, and the passphrase that opens it.
    ///
    /// `options` are options of `kmsec keyring init`.
    init(_ role: String, _ options: [String] = ["--insecure-fast-passphrase"]) async throws {
        folder = try TemporaryFolder()
        kmsec = try #require(Programs.kmsec)
        try folder.write(Array("correct horse".utf8), to: "passphrase")
        try await change("init", ["--role", role] + options)
    }

    /// Runs a command that changes the file.
    func change(_ command: String, _ arguments: [String]) async throws {
        try await kmsec.output(of: Self.call(command, arguments), folder: folder)
    }

    /// Makes a step although the peer has not agreed to it.
    func force(_ command: String, _ arguments: [String]) async throws {
        try await change(command, arguments + ["--insecure-force", "--reason", "test"])
    }

    /// Runs a command and returns how it ended.
    func run(_ command: String, _ arguments: [String] = []) async throws -> Program.Outcome {
        try await kmsec.run(Self.call(command, arguments), folder: folder)
    }

    private static func call(_ command: String, _ arguments: [String]) -> [String] {
        ["keyring", command, "ring"] + arguments + ["--passphrase-file", "passphrase"]
    }

    /// Makes a key pair with a certificate, and returns the paths of the certificate and of the private key.
    func pair(_ id: String, bits: Int = 3072, days: Int = 36_500) async throws -> (certificate: String, key: String) {
        try await kmsec.output(
            of: ["key", "generate", "--out", "pairs", "--id", id, "--bits", "\(bits)", "--days", "\(days)"],
            folder: folder
        )
        return ("pairs/\(id).cert.pem", "pairs/\(id).private.pem")
    }

    /// An id of 32 times the same character.
    static func id(_ character: Character) -> String { String(repeating: character, count: 32) }
}
