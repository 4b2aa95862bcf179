import Foundation
import HTTPTypes
import KMPrimitives
import KMTestSupport
import KMWire
import Testing

@testable import KMSecurity

/// Keyring files on disk: changes, the audit log, and servers that follow a file.
@Suite struct KeyringStoreTests {
    private let folder: URL
    private let store: KeyringStore
    private let date = KeyringFileTests.date

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "keyring-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        store = KeyringStore(
            path: folder.appending(path: "keyring.json").path,
            passphrases: KeyringPassphrases { [try SecretBytes("correct horse")] },
            cost: KeyringFileTests.cheap
        )
        try store.create(KeyringFileTests.file(), by: KeyringStore.Author("operator", at: date, reason: "first file"))
    }

    private func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

    private func write(_ bytes: [UInt8], _ path: String) throws { try Data(bytes).write(to: URL(filePath: path)) }

    private func promote() throws {
        _ = try store.update(by: KeyringStore.Author("operator", at: date, reason: "rotation")) {
            try $0.promote(KeyringFileTests.id("2"), at: date)
        }
    }

    private func cleanUp() { try? FileManager.default.removeItem(at: folder) }

    @Test func aChangeIsWrittenAndLogged() throws {
        defer { cleanUp() }
        #expect(
            rejection { try store.create(KeyringFileTests.file(), by: KeyringStore.Author("x", at: date)) }
                == .fileExists
        )
        try promote()
        #expect(try store.open().file.primaryID == KeyringFileTests.id("2"))
        let report = try store.verifyLog()
        #expect(report.entries.map(\.action) == ["init", "promote"])
        #expect(report.entries[1].from == "pre-activation" && report.entries[1].to == "active")
        #expect(report.entries[1].by == "operator" && report.entries[1].reason == "rotation")
        #expect(report.entries[1].generation == 5 && !report.hasUnfinishedLine)
        for name in ["keyring.json", "keyring.json.log", "keyring.json.lock"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.appending(path: name).path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
        // A step that is blocked changes nothing.
        let before = try bytes(store.path)
        #expect(rejection { try promote() } == .rotationBlocked)
        #expect(try bytes(store.path) == before)
    }

    @Test func aChangedLogIsNoticed() throws {
        defer { cleanUp() }
        try promote()
        let whole = try bytes(store.logPath)
        let lines = whole.split(separator: UInt8(ascii: "\n")).map { Array($0) + [UInt8(ascii: "\n")] }
        let changes: [[UInt8]] = [
            [], lines[0], lines[1], lines[1] + lines[0], lines[0] + lines[0], whole.dropLast().map { $0 },
            Array(whole.dropFirst()), lines[0] + lines[0] + lines[1],
            Array(String(decoding: whole, as: UTF8.self).replacing("rotation", with: "Rotation").utf8),
        ]
        for (number, changed) in changes.enumerated() {
            try write(changed, store.logPath)
            #expect(rejection { try store.verifyLog() } == .keyringLogInvalid, "change \(number)")
            #expect(rejection { try promote() } == .keyringLogInvalid, "change \(number)")
        }
        let document = try store.open()
        for index in whole.indices {
            var changed = whole
            changed[index] ^= 4
            #expect(throws: KMError.self, "byte \(index)") {
                try KeyringLog.verify(changed, document.log, key: document.logKey)
            }
        }
        try write(whole, store.logPath)
        _ = try store.verifyLog()
    }

    /// A process can be killed after it wrote the line and before it replaced the file.
    @Test func anUnfinishedChangeIsReplacedByTheNext() throws {
        defer { cleanUp() }
        let (file, log) = (try bytes(store.path), try bytes(store.logPath))
        try promote()
        let longer = try bytes(store.logPath)
        for count in [log.count + 1, longer.count - 1, longer.count] {
            try write(file, store.path)
            try write(Array(longer[..<count]), store.logPath)
            try write(Array("half a file".utf8), "\(store.path).new")
            let report = try store.verifyLog()
            #expect(report.hasUnfinishedLine && report.entries.count == 1)
            _ = try store.update(by: KeyringStore.Author("x", at: date)) { try $0.set(nodes: ["c"], soakSeconds: 60) }
            #expect(try store.verifyLog().entries.map(\.action) == ["init", "set"])
            #expect(try !store.verifyLog().hasUnfinishedLine)
        }
    }

    @Test func changesAtTheSameTimeAreNotLost() async throws {
        defer { cleanUp() }
        await withTaskGroup { group in
            for number in 0..<8 {
                group.addTask {
                    do {
                        _ = try store.update(by: KeyringStore.Author("\(number)", at: date)) { file in
                            try file.set(nodes: file.nodes + ["node\(number)"], soakSeconds: 60)
                        }
                    } catch { Issue.record(error) }
                }
            }
        }
        #expect(try Set(store.open().file.nodes) == Set(["a", "b"] + (0..<8).map { "node\($0)" }))
        #expect(try store.verifyLog().entries.count == 9)
    }

    @Test func timesOutsideTheirRangeAreNotWritten() throws {
        defer { cleanUp() }
        let (file, log) = (try bytes(store.path), try bytes(store.logPath))
        for seconds in [1e15, -1, .infinity, .nan] {
            let code = rejection {
                try store.update(by: KeyringStore.Author("x", at: date)) {
                    try $0.promote(KeyringFileTests.id("2"), at: Date(timeIntervalSince1970: seconds))
                }
            }
            #expect(code == .keyringFileInvalid, "\(seconds)")
        }
        #expect(try bytes(store.path) == file)
        #expect(try bytes(store.logPath) == log)
    }

    // MARK: Files that are followed

    @Test func aServerFollowsTheFile() throws {
        defer { cleanUp() }
        let old = try (bytes(store.path), bytes(store.logPath))
        let keyring = try FileKeyring(
            path: store.path,
            passphrases: KeyringPassphrases { [try SecretBytes("correct horse")] }
        )
        #expect(try keyring.keyring.primaryID == KeyringFileTests.id("1"))
        #expect(try !keyring.reload())
        try promote()
        #expect(try keyring.reload())
        #expect(try keyring.keyring.primaryID == KeyringFileTests.id("2"))
        let new = try bytes(store.path)
        // An older file, a damaged one, none at all: the keys stay.
        try write(old.0, store.path)
        #expect(rejection { try keyring.reload() } == .keyringFileOlder)
        try write(Array(new[..<100]), store.path)
        #expect(rejection { try keyring.reload() } == .malformedJSON)
        try FileManager.default.removeItem(atPath: store.path)
        #expect(rejection { try keyring.reload() } == .fileUnreadable)
        #expect(try keyring.keyring.primaryID == KeyringFileTests.id("2"))
        // The same bytes in a new file are not a change.
        try write(new, store.path)
        #expect(try !keyring.reload())
        #expect(keyring.file.generation == 5)
    }

    @Test func clientsAndServersSwitchBetweenTwoRequests() throws {
        defer { cleanUp() }
        let keyring = try FileKeyring(
            path: store.path,
            passphrases: KeyringPassphrases { [try SecretBytes("correct horse")] }
        )
        let client = try ClientSecurity(
            party: .serviceProvider(AccessKey(String(repeating: "a", count: 40))),
            aspID: AspID("000170000000000"),
            secretKey: SecretKey(SecretBytes("a secret key of the test, 32 bytes")),
            keyring: keyring,
            clock: { KeyringFileTests.date }
        )
        func keyID() throws -> String? {
            try client.seal("{}".bytes, for: .waitingPhysicalCards).headers[.kmCryptoKeyID]
        }
        #expect(try keyID() == KeyringFileTests.id("1").text)
        try promote()
        #expect(try keyID() == KeyringFileTests.id("1").text)
        try keyring.reload()
        #expect(try keyID() == KeyringFileTests.id("2").text)
    }

    @Test(.timeLimit(.minutes(2))) func aTaskThatFollowsTheFileEndsWhenItIsCancelled() async throws {
        defer { cleanUp() }
        let keyring = try FileKeyring(
            path: store.path,
            passphrases: KeyringPassphrases { [try SecretBytes("correct horse")] }
        )
        let task = Task { await keyring.run(interval: .milliseconds(5)) }
        try promote()
        while keyring.file.generation != 5 { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        await task.value
    }

    @Test func aPrivateKeyCanBeInAFileOfItsOwn() throws {
        defer { cleanUp() }
        let id = try KeyringFileTests.id("3")
        _ = try store.update(by: KeyringStore.Author("x", at: date)) {
            try $0.discard(KeyringFileTests.id("2"), at: date)
        }
        _ = try store.update(by: KeyringStore.Author("x", at: date)) {
            try $0.add(
                id,
                certificate: nil,
                privateKey: nil,
                privateKeyFile: "own \"key\".pem",
                issuedAt: date,
                at: date
            )
        }
        let passphrases = KeyringPassphrases { [try SecretBytes("correct horse")] }
        #expect(rejection { try FileKeyring(path: store.path, passphrases: passphrases) } == .fileUnreadable)
        try TestKeys.third().insecurePKCS8PEM().write(toNewFile: folder.appending(path: "own \"key\".pem").path)
        let ring = try FileKeyring(path: store.path, passphrases: passphrases).keyring
        #expect(try ring.key(id).state == .inactive)
    }
}
