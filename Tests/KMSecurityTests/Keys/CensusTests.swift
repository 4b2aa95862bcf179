import CoreMetrics
import Foundation
import HTTPTypes
import KMPrimitives
import KMSecurityTestSupport
import KMTestSupport
import KMWire
import MetricsTestKit
import Testing

@testable import KMSecurity

/// What a node counts, what it writes, and what is made of it.
@Suite struct CensusTests {
    private let folder: URL
    private let store: KeyringStore
    private let passphrases = KeyringPassphrases { [try SecretBytes("correct horse")] }
    private let id: CryptoKeyID
    private let date = KeyringFileTests.date

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "census-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        store = KeyringStore(
            path: folder.appending(path: "keyring.json").path,
            passphrases: passphrases,
            cost: KeyringFileTests.cheap
        )
        try store.create(KeyringFileTests.file(), by: KeyringStore.Author("x", at: date))
        id = try KeyringFileTests.id("1")
    }

    private func cleanUp() { try? FileManager.default.removeItem(at: folder) }

    private func keyring(_ node: String) throws -> FileKeyring {
        try FileKeyring(path: store.path, passphrases: passphrases, node: node)
    }

    private func path(_ node: String) -> String { CensusFile.path(keyring: store.path, node: node) }

    private func census(_ node: String) throws -> CensusFile {
        try CensusFile(Array(Data(contentsOf: URL(filePath: path(node)))), store.open().logKey)
    }

    // MARK: Counting

    @Test func usesAreCountedByDirectionPeerAndResult() throws {
        let census = KeyCensus(clock: { date })
        for number in 0..<5 {
            census.record(.openedRequest, id, peer: "a", isAccepted: number != 0)
            census.record(.sealedResponse, id, peer: "b")
        }
        let uses = census.uses
        #expect(uses.map(\.peer) == ["a", "b"])
        #expect(uses.map(\.acceptedCount) == [4, 5] && uses.map(\.rejectedCount) == [1, 0])
        #expect(uses.allSatisfy { $0.firstUse == date && $0.lastUse == date && $0.keyID == id })
    }

    @Test func aFloodOfPeersFillsNoMemory() {
        let census = KeyCensus()
        for number in 0..<20_000 { census.record(.openedRequest, id, peer: "peer \(number)") }
        let uses = census.uses
        #expect(uses.count <= KeyCensus.maximumUseCount + 1)
        #expect(uses.reduce(0) { $0 + $1.acceptedCount } == 20_000)
        #expect(uses.contains { $0.peer == "other" })
        // A process that continues it does not keep more.
        let next = KeyCensus(continuing: uses)
        for number in 0..<20_000 { next.record(.openedRequest, id, peer: "next \(number)") }
        #expect(next.uses.count <= KeyCensus.maximumUseCount + 1)
        #expect(next.uses.reduce(0) { $0 + $1.acceptedCount } == 40_000)
    }

    @Test func threadsCountTogether() async {
        let census = KeyCensus()
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<1000 { census.record(.sealedRequest, id, peer: "platform") } }
            }
        }
        #expect(census.uses.map(\.acceptedCount) == [8000])
    }

    /// A request, its answer and a rejected one, as both ends see them.
    @Test func bothEndsCountACall() async throws {
        defer { cleanUp() }
        let provider = try keyring("a")
        let ring = try CryptoKeyring(
            [
                CryptoKey(id: id, encryptionKey: TestKeys.first().publicKey, decryptionKey: TestKeys.second())
            ],
            primary: nil
        )
        let platform = CountedKeyring(keyring: ring, census: KeyCensus())
        let secret = try SecretKey(SecretBytes("0123456789abcdef0123456789abcdef"))
        let (accessKey, aspID) = try (
            AccessKey(String(repeating: "a", count: 40)), AspID("000170000000000")
        )
        let client = try ClientSecurity(
            party: .serviceProvider(accessKey),
            aspID: aspID,
            secretKey: secret,
            keyring: provider,
            clock: { date }
        )
        let credential = Credential(name: "shop", secretKey: secret, aspID: aspID, cryptoKeyIDs: .insecureAny)
        let server = try ServerSecurity(
            credentials: StaticCredentials([.accessKey(accessKey): [credential]]),
            keyring: platform,
            configuration: ServerSecurity.Configuration(replayRetention: .seconds(3600)),
            clock: { date }
        )
        let endpoint = Endpoint("/x", request: .message, response: .message)
        let request = try await client.seal("{}".bytes, for: endpoint)
        let response = await server.respond(to: request.headers, request.body, for: endpoint) { $0.parameters }
        _ = try await client.open(response.headers, response.body, answering: request)
        // A copy proves nothing about the sender's keys.
        _ = await server.respond(to: request.headers, request.body, for: endpoint) { $0.parameters }
        var damaged = response.body
        // Another character of the tag's base64url.
        damaged[damaged.count - 10] =
            damaged[damaged.count - 10] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        _ = try? await client.open(response.headers, damaged, answering: request)
        func counts(_ census: KeyCensus?) -> [String] {
            (census?.uses ?? []).map { "\($0.direction.rawValue) \($0.peer) \($0.acceptedCount) \($0.rejectedCount)" }
        }
        #expect(counts(platform.census) == ["opened-request shop 1 0", "sealed-response shop 1 0"])
        #expect(counts(provider.census) == ["opened-response platform 1 1", "sealed-request platform 1 0"])
        try provider.writeCensus()
        #expect(try census("a").uses.count == 2)
    }

    private struct CountedKeyring: KeyringSource {
        let keyring: CryptoKeyring
        let census: KeyCensus?
    }

    // MARK: Files

    @Test func aProcessThatEndedIsContinued() throws {
        defer { cleanUp() }
        var first: FileKeyring? = try keyring("a")
        first?.census?.record(.sealedRequest, id, peer: "platform")
        // No other process can be the same node.
        #expect(rejection { try keyring("a") } == .fileLocked)
        try first?.writeCensus(hasEnded: true)
        let old = try census("a")
        #expect(old.hasEnded && old.generation == 4 && old.uses.count == 1)
        first = nil
        var second: FileKeyring? = try keyring("a")
        #expect(second?.census?.uses.map(\.acceptedCount) == [1])
        let new = try census("a")
        #expect(!new.hasEnded && new.since == old.since && new.sequence > old.sequence)
        // This one is killed: what it used since its last census is unknown.
        second = nil
        usleep(1_100_000)
        _ = try keyring("a")
        #expect(try census("a").since > old.since)
        #expect(try census("a").uses.count == 1)
    }

    @Test func aUseAfterTheEndTakesTheEndBack() throws {
        defer { cleanUp() }
        let keyring = try keyring("a")
        try keyring.writeCensus(hasEnded: true)
        #expect(try census("a").hasEnded)
        keyring.census?.record(.openedRequest, id, peer: "platform")
        let after = try census("a")
        #expect(!after.hasEnded && after.uses.count == 1)
    }

    @Test func aNodeLoadsNoOlderFileAfterARestart() throws {
        defer { cleanUp() }
        let old = try Data(contentsOf: URL(filePath: store.path))
        try store.update(by: KeyringStore.Author("x", at: date)) { try $0.set(nodes: ["a", "b"], soakSeconds: 9) }
        _ = try keyring("a")
        try old.write(to: URL(filePath: store.path))
        #expect(rejection { try keyring("a") } == .keyringFileOlder)
        #expect(rejection { try keyring("unlisted") } == .keyringFileInvalid)
        // Node b has never seen the later one. Its census can be in another directory.
        let other = folder.appending(path: "other")
        try FileManager.default.createDirectory(at: other, withIntermediateDirectories: false)
        _ = try FileKeyring(path: store.path, passphrases: passphrases, node: "b", censusDirectory: other.path)
        #expect(FileManager.default.fileExists(atPath: other.appending(path: "keyring.json.b.census").path))
    }

    @Test func everyChangedByteIsNoticed() throws {
        defer { cleanUp() }
        let keyring = try keyring("a")
        keyring.census?.record(.sealedRequest, id, peer: "plat\"form\u{1}é")
        try keyring.writeCensus()
        let bytes = Array(try Data(contentsOf: URL(filePath: path("a"))))
        let key = try store.open().logKey
        #expect(try CensusFile(bytes, key).uses.first?.peer == "plat\"form\u{1}é")
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            #expect(throws: KMError.self) { try CensusFile(changed, key) }
            // Without the line end at its end, the file is still whole.
            guard index < bytes.count - 1 else { continue }
            #expect(throws: KMError.self) { try CensusFile(Array(bytes[..<index]), key) }
        }
        // Another keyring file has another key.
        #expect(rejection { try CensusFile(bytes, SecretBytes(randomCount: 32)) } == .censusInvalid)
    }

    @Test func whatIsNotANewWholeCensusIsUnknown() throws {
        defer { cleanUp() }
        let (a, b) = (try keyring("a"), try keyring("b"))
        _ = b
        let old = try Data(contentsOf: URL(filePath: path("a")))
        try a.writeCensus()
        func unknown(_ date: Date = .now) throws -> [String] {
            try store.census(at: date).fleet.nodes.compactMap { name, node in
                if case .unknown = node { name } else { nil }
            }
        }
        #expect(try unknown().isEmpty)
        // An older one comes back.
        try old.write(to: URL(filePath: path("a")))
        #expect(try unknown() == ["a"])
        try a.writeCensus()
        #expect(try unknown().isEmpty)
        try Data("{}".utf8).write(to: URL(filePath: path("b")))
        #expect(try unknown() == ["b"])
        try FileManager.default.removeItem(atPath: path("b"))
        #expect(try unknown() == ["b"])
        // The census of one node is not that of another.
        try FileManager.default.copyItem(atPath: path("a"), toPath: path("b"))
        #expect(try unknown() == ["b"])
        // From the future.
        #expect(try unknown(.now.addingTimeInterval(-3600)) == ["a", "b"])
        // The memory of what was seen cannot be changed.
        let seen = "\(store.path).seen"
        var bytes = Array(try Data(contentsOf: URL(filePath: seen)))
        let digit = try #require(bytes.lastIndex { (0x31...0x38).contains($0) })
        bytes[digit] ^= 1
        try Data(bytes).write(to: URL(filePath: seen))
        #expect(rejection { try store.census(at: .now) } == .censusInvalid)
    }

    // MARK: Metrics

    @Test func eachUseIsReportedOnce() throws {
        let metrics = TestMetrics()
        let census = KeyCensus(clock: { date })
        census.record(.openedRequest, id, peer: "a")
        census.record(.openedRequest, id, peer: "b")
        census.record(.openedRequest, id, peer: "b", isAccepted: false)
        let first = census.uses
        KeyMetrics.report(first, since: [], metrics)
        census.record(.openedRequest, id, peer: "a")
        KeyMetrics.report(census.uses, since: first, metrics)
        KeyMetrics.report(census.uses, since: census.uses, metrics)
        for (result, counts) in [("accepted", [2, 1]), ("rejected", [1])] as [(String, [Int64])] {
            let counter = try metrics.expectCounter(
                "km.key.uses",
                [("km.key-id", id.text), ("direction", "opened-request"), ("result", result)]
            )
            #expect(counter.values == counts)
        }
        let gauge = try metrics.expectGauge("km.key.last_use", [("km.key-id", id.text)])
        #expect(gauge.lastValue == date.timeIntervalSince1970)
        KeyMetrics.countReload(succeeded: false, metrics)
        #expect(try metrics.expectCounter("km.keyring.reloads", [("result", "rejected")]).totalValue == 1)
    }
}
