import Foundation
import HTTPTypes
import KMPrimitives
import KMSecurityTestSupport
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

    /// The mode of the temporary file is not that of a file which somebody else left there.
    @Test(arguments: ["keyring.json.new", "keyring.json.seen.new"])
    func aFileThatIsLeftOverGivesItsModeToNobody(_ name: String) throws {
        defer { cleanUp() }
        let left = folder.appending(path: name).path
        try write(Array("left over".utf8), left)
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: left)
        try replaceFile([1, 2, 3].span, path: String(left.dropLast(4)), mode: 0o600)
        let attributes = try FileManager.default.attributesOfItem(atPath: String(left.dropLast(4)))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(!FileManager.default.fileExists(atPath: left))
    }

    @Test func aFileThatCannotBeCreatedLeavesNothing() throws {
        defer { cleanUp() }
        func create(_ name: String, _ passphrases: KeyringPassphrases) throws {
            let path = folder.appending(path: name).path
            let store = KeyringStore(path: path, passphrases: passphrases, cost: KeyringFileTests.cheap)
            try store.create(KeyringFileTests.file(), by: KeyringStore.Author("x", at: date))
        }
        let before = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(rejection { try create("other", KeyringPassphrases { [] }) } == .invalidSize)
        #expect(rejection { try create("other", .environment("NOT_SET_ANYWHERE")) } == .environmentVariableMissing)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == before)
        // The log is on the disk when the file itself cannot be written.
        try FileManager.default.createDirectory(
            at: folder.appending(path: "third.new/x"),
            withIntermediateDirectories: true
        )
        #expect(rejection { try create("third", store.passphrases) } == .fileUnwritable)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == before + ["third.new"])
        // The lock of an existing file stays.
        #expect(rejection { try create("keyring.json", store.passphrases) } == .fileExists)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == before + ["third.new"])
    }

    /// A process that waits for a lock does not get the lock of a removed file, which excludes nobody.
    @Test(.timeLimit(.minutes(20))) func aRemovedLockIsNotTaken() async throws {
        defer { cleanUp() }
        let path = folder.appending(path: "lock").path
        var first: FileLock? = try FileLock(path: path)
        let waiting = Task.detached { try FileLock(path: path) }
        try await Task.sleep(for: .milliseconds(100))
        first?.removeIfNew()
        first = nil
        let second = try await waiting.value
        #expect(rejection { try FileLock(path: path, waits: false) } == .fileLocked)
        withExtendedLifetime(second) {}
    }

    /// Another operator does not wait for a person who types a passphrase.
    @Test func noLockIsHeldWhilePassphrasesAreTyped() throws {
        defer { cleanUp() }
        let count = Locked(0)
        let lockPath = "\(store.path).lock"
        func typed(_ path: String, _ passphrase: String) -> KeyringPassphrases {
            KeyringPassphrases {
                count.withLock { $0 += 1 }
                _ = try FileLock(path: path, waits: false)
                return [try SecretBytes(passphrase)]
            }
        }
        let slow = KeyringStore(
            path: store.path,
            passphrases: typed(lockPath, "correct horse"),
            cost: KeyringFileTests.cheap
        )
        let author = KeyringStore.Author("x", at: date)
        _ = try slow.update(by: author) { try $0.set(nodes: ["c"], soakSeconds: 60) }
        _ = try slow.census(at: date)
        _ = try slow.verifyLog()
        try slow.changePassphrases(to: typed(lockPath, "battery staple"), by: author)
        #expect(count.withLock { $0 } == 5)
        let path = folder.appending(path: "new").path
        let new = KeyringStore(path: path, passphrases: typed("\(path).lock", "x"), cost: KeyringFileTests.cheap)
        try new.create(KeyringFileTests.file(), by: author)
    }

    // MARK: Other passphrases

    private func passphrases(_ texts: String...) -> KeyringPassphrases {
        KeyringPassphrases { try texts.map { try SecretBytes($0) } }
    }

    @Test func otherPassphrasesChangeNothingElse() throws {
        defer { cleanUp() }
        let before = try store.open()
        let author = KeyringStore.Author("operator", at: date, reason: "a custodian left")
        let file = try store.changePassphrases(to: passphrases("one", "two"), by: author)
        #expect(file.generation == before.file.generation + 1)
        #expect(rejection { try store.open() } == .passphraseRequired)
        let both = KeyringStore(
            path: store.path,
            passphrases: passphrases("one", "two"),
            cost: KeyringFileTests.cheap
        )
        let after = try both.open()
        #expect(after.custodianCount == 2 && after.logKey == before.logKey)
        #expect(after.file.keys.map(\.description) == before.file.keys.map(\.description))
        #expect(after.file.keys.map(\.changedIn) == before.file.keys.map(\.changedIn))
        let own = try both.privateKey(of: after.file.key(KeyringFileTests.id("1")))
        #expect(try own?.publicKey.pemRepresentation() == TestKeys.first().publicKey.pemRepresentation())
        let entry = try #require(both.verifyLog().entries.last)
        #expect(entry.action == "passphrases changed" && entry.reason == "a custodian left" && entry.keyID == nil)
        // Wrong new ones, and a wrong old one, change nothing.
        let bytes = try bytes(store.path)
        #expect(rejection { try both.changePassphrases(to: passphrases("x", "x"), by: author) } == .invalidSize)
        #expect(rejection { try both.changePassphrases(to: passphrases(), by: author) } == .invalidSize)
        let wrong = KeyringStore(path: store.path, passphrases: passphrases("two", "one"))
        #expect(rejection { try wrong.changePassphrases(to: passphrases("x"), by: author) } == .passphraseWrong)
        #expect(try self.bytes(store.path) == bytes)
        try both.changePassphrases(to: passphrases("three"), by: author)
        #expect(try KeyringStore(path: store.path, passphrases: passphrases("three")).open().custodianCount == 1)
    }

    /// A process that is killed between the line and the file leaves the old passphrases.
    @Test func anUnfinishedChangeOfPassphrasesIsReplacedByTheNext() throws {
        defer { cleanUp() }
        let file = try bytes(store.path)
        try store.changePassphrases(to: passphrases("one"), by: KeyringStore.Author("x", at: date))
        try write(file, store.path)
        #expect(try store.verifyLog().hasUnfinishedLine)
        try store.changePassphrases(to: passphrases("two"), by: KeyringStore.Author("x", at: date))
        let next = KeyringStore(path: store.path, passphrases: passphrases("two"))
        #expect(try next.verifyLog().entries.map(\.action) == ["init", "passphrases changed"])
    }

    @Test func aNodeKeepsItsKeysUntilItHasTheNewPassphrase() throws {
        defer { cleanUp() }
        let current = Locked("correct horse")
        let node = try FileKeyring(
            path: store.path,
            passphrases: KeyringPassphrases { [try SecretBytes(current.withLock { $0 })] },
            node: "a"
        )
        try store.changePassphrases(to: passphrases("one"), by: KeyringStore.Author("x", at: date))
        #expect(rejection { try node.reload() } == .passphraseWrong)
        #expect(node.file.generation == 4)
        #expect(try node.keyring.primaryID == KeyringFileTests.id("1"))
        // The census still belongs to the file.
        try node.writeCensus()
        let next = KeyringStore(path: store.path, passphrases: passphrases("one"))
        #expect(try next.census().fleet.faults.isEmpty)
        current.withLock { $0 = "one" }
        #expect(try node.reload())
        #expect(node.file.generation == 5)
        #expect(try FileKeyring(path: store.path, passphrases: passphrases("one")).file.generation == 5)
        #expect(rejection { try FileKeyring(path: store.path, passphrases: store.passphrases) } == .passphraseWrong)
    }

    /// The passphrases were changed between the look at the file and the lock.
    @Test func aChangeOfPassphrasesInBetweenIsReported() throws {
        defer { cleanUp() }
        let (plain, date) = (store, date)
        let isFirst = Locked(true)
        let slow = KeyringStore(
            path: store.path,
            passphrases: KeyringPassphrases {
                let isNow = isFirst.withLock { value in
                    defer { value = false }
                    return value
                }
                if isNow {
                    try plain.changePassphrases(
                        to: KeyringPassphrases { [try SecretBytes("one")] },
                        by: KeyringStore.Author("x", at: date)
                    )
                }
                return [try SecretBytes("correct horse")]
            },
            cost: KeyringFileTests.cheap
        )
        let error = #expect(throws: KMError.self) {
            try slow.update(by: KeyringStore.Author("x", at: date)) { try $0.set(nodes: ["c"], soakSeconds: 60) }
        }
        #expect(error?.code == .passphraseWrong && error?.detail.contains("in the meantime") == true)
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
            try client.sealLocally("{}".bytes, for: .waitingPhysicalCards).headers[.kmCryptoKeyID]
        }
        #expect(try keyID() == KeyringFileTests.id("1").text)
        try promote()
        #expect(try keyID() == KeyringFileTests.id("1").text)
        try keyring.reload()
        #expect(try keyID() == KeyringFileTests.id("2").text)
    }

    @Test(.timeLimit(.minutes(20))) func aTaskThatFollowsTheFileEndsWhenItIsCancelled() async throws {
        defer { cleanUp() }
        let keyring = try FileKeyring(
            path: store.path,
            passphrases: KeyringPassphrases { [try SecretBytes("correct horse")] }
        )
        let task = Task { await keyring.follow(interval: .milliseconds(5)) }
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
                privateKey: .file("own \"key\".pem"),
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
