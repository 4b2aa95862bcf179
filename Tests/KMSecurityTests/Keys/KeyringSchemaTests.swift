import Foundation
import KMPrimitives
import KMTestSupport
import KMWire
import Testing

@testable import KMSecurity

/// The JSON Schemas of the package's files, checked with Python's jsonschema.
@Suite(.enabled(if: FieldInterop.asksPython, "jsonschema is missing: see .ci/interop-environment"))
struct KeyringSchemaTests {
    private let folder: URL
    private let date = KeyringFileTests.date
    private let cost = KeyringFileTests.cheap
    private static let sources = Document.root.appending(path: "Sources")
    private static let keyring = "KMSecurity/Keys/File/keyring.schema.json"
    private static let census = "KMSecurity/Keys/Census/census.schema.json"
    private static let credentials = "KMSecurity/Keys/File/credentials.schema.json"
    private static let endpoints = "KMWire/Endpoints/endpoints.schema.json"

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "schema-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func cleanUp() { try? FileManager.default.removeItem(at: folder) }

    private func path(_ name: String) -> String { folder.appending(path: name).path }

    /// Runs Tests/Interop/schema.py, and returns its exit status and the lines of its output.
    private func run(_ mode: String, _ schema: String, _ files: [String]) throws -> (status: Int32, lines: [String]) {
        let python = try #require(FieldInterop.python, "Python is not here: see .ci/interop-environment")
        let process = Process()
        process.executableURL = URL(filePath: python)
        let script = Document.root.appending(path: "Tests/Interop/schema.py").path
        process.arguments = [script, mode, Self.sources.appending(path: schema).path] + files
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (
            process.terminationStatus, String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        )
    }

    /// Expects that files are valid, and that at least so many damaged copies of them are not.
    private func expectExact(_ schema: String, _ files: [String], damages: Int) throws {
        let checked = try run("check", schema, files)
        #expect(checked.status == 0)
        #expect(checked.lines == files.map { URL(filePath: $0).lastPathComponent })
        let damaged = try run("damage", schema, files)
        #expect(damaged.status == 0)
        #expect(try #require(damaged.lines.first.flatMap(Int.init)) >= damages)
    }

    private func passphrases(_ texts: [String]) -> KeyringPassphrases {
        KeyringPassphrases { try texts.map { try SecretBytes($0) } }
    }

    /// Writes keyring files whose keys have all states between them, and returns their paths.
    private func rings() throws -> [String] {
        var paths: [String] = []
        func write(_ file: KeyringFile, _ texts: String...) throws {
            let path = path("ring\(paths.count)")
            try KeyringStore(path: path, passphrases: passphrases(texts), cost: cost)
                .create(file, by: KeyringStore.Author("x", at: date))
            paths.append(path)
        }
        let (first, second) = try (KeyringFileTests.id("1"), KeyringFileTests.id("2"))
        try write(KeyringFile(role: .platform, nodes: []), "one")
        var file = try KeyringFileTests.file()
        _ = try file.record(.holds, of: second, at: date)
        try write(file, "one")
        _ = try file.promote(second, at: date)
        _ = try file.deactivate(first, isSuspension: true, callbacksMoveTo: second, at: date)
        try write(file, "one", "two")
        _ = try file.deactivate(first, isSuspension: false, callbacksMoveTo: second, at: date)
        _ = try file.record(.stopped, of: first, at: date)
        try write(file, "one")
        _ = try file.compromise(first, allowsNoPrimary: false, at: date)
        try write(file, "one")
        _ = try file.discard(first, at: date)
        _ = try file.record(.destroyed, of: first, at: date)
        _ = try file.add(
            KeyringFileTests.id("3"),
            certificate: nil,
            privateKey: .file("own \"key\".pem"),
            issuedAt: date,
            at: date
        )
        try write(file, "one")
        var elsewhere = try KeyringFile(role: .platform, nodes: [])
        _ = try elsewhere.add(
            first,
            certificate: nil,
            privateKey: .uri("pkcs11:token=a%20b;object=own?pin-source=file:/run/pin"),
            issuedAt: date,
            at: date
        )
        try write(elsewhere, "one")
        return paths
    }

    @Test func keyringFilesAreDescribedExactly() throws {
        defer { cleanUp() }
        let paths = try rings()
        let text = try paths.map { try String(contentsOfFile: $0, encoding: .utf8) }.joined()
        for state in KeyringFile.State.allCases.map(\.rawValue) + KeyringFile.PeerState.allCases.map(\.rawValue) {
            #expect(text.contains("\": \"\(state)\""), "\(state)")
        }
        #expect(text.contains("privateKeyFile") && text.contains("privateKeyURI"))
        try expectExact(Self.keyring, paths, damages: 1000)
    }

    @Test func censusesAreDescribedExactly() throws {
        defer { cleanUp() }
        let store = KeyringStore(path: path("ring"), passphrases: passphrases(["one"]), cost: cost)
        try store.create(KeyringFileTests.file(), by: KeyringStore.Author("x", at: date))
        let node = try FileKeyring(path: store.path, passphrases: store.passphrases, node: "a")
        let paths = [path("first.census"), path("last.census")]
        try FileManager.default.copyItem(atPath: path("ring.a.census"), toPath: paths[0])
        for (number, direction) in KeyUse.Direction.allCases.enumerated() {
            try node.census?.record(direction, KeyringFileTests.id("1"), peer: "a \"shop\"", isAccepted: number > 0)
        }
        try node.writeCensus(hasEnded: true)
        try FileManager.default.copyItem(atPath: path("ring.a.census"), toPath: paths[1])
        try expectExact(Self.census, paths, damages: 200)
    }

    @Test func credentialFilesAreDescribedExactly() throws {
        defer { cleanUp() }
        try Data("secret".utf8).write(to: folder.appending(path: "shop.secret"))
        let text = """
            {
              "$schema": "credentials.schema.json",
              "version": 1,
              "credentials": [
                {
                  "name": "shop",
                  "accessKey": "0123456789abcdef0123456789abcdef01234567",
                  "aspId": "000170000000000",
                  "secretFile": "shop.secret",
                  "cryptoKeyIds": ["1f2e3d4c5b6a79881f2e3d4c5b6a7988"],
                  "notAfter": "2027-06-30T00:00:00Z"
                },
                {
                  "name": "platform",
                  "aspId": "000170000000000",
                  "secretFile": "shop.secret",
                  "cryptoKeyIds": [],
                  "notBefore": "2026-06-30T00:00:00Z"
                }
              ]
            }
            """
        try Data(text.utf8).write(to: folder.appending(path: "credentials.json"))
        // The package reads what the schema accepts.
        _ = try FileCredentials(path: path("credentials.json"))
        try expectExact(Self.credentials, [path("credentials.json")], damages: 60)
    }

    @Test func theTableOfEndpointsIsDescribedExactly() throws {
        defer { cleanUp() }
        try expectExact(
            Self.endpoints,
            [Self.sources.appending(path: "KMWire/Endpoints/endpoints.json").path],
            damages: 100
        )
    }

    /// The files of one kind are not valid by the schema of another one, so the check can fail.
    @Test func filesOfAnotherKindAreRejected() throws {
        defer { cleanUp() }
        let paths = try rings()
        for schema in [Self.census, Self.credentials, Self.endpoints] {
            let outcome = try run("check", schema, paths)
            #expect(outcome.status == 1 && outcome.lines.isEmpty)
        }
    }
}
