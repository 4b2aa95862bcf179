#if SQLite
import Foundation
import KMSecurity
import Testing

@testable import KMPARRegistry

/// Two processes with one file.
@Suite(
    "A file of SQLite that another process uses",
    .enabled(if: OtherProcess.isAvailable, "/usr/bin/python3 is missing")
)
struct SQLiteProcessTests {
    @Test("While another process writes, cards are looked up, and first uses wait")
    func lock() async throws {
        let place = try TestStore(.sqlite)
        try await place.fill()
        let store = try SQLitePARStore(path: place.path, readerCount: 2)
        let registry = try await PARRegistry(store, Fixture.configuration())
        let other = try OtherProcess(place.path)
        try await withThrowingTaskGroup { group in
            for _ in 0..<20 { group.addTask { try await registry.existingPAR(for: Fixture.pan(1)) } }
            for try await par in group { #expect(par != nil) }
        }
        try await store.pool.write { try $0.execute("PRAGMA busy_timeout = 50") }
        let error = await #expect(throws: KMError(.registryUnavailable)) {
            try await registry.par(for: Fixture.pan(7))
        }
        #expect(error?.detail == "\(place.path): SQLite: database is locked")
        try await store.pool.write { try $0.execute("PRAGMA busy_timeout = 30000") }
        async let par = registry.par(for: Fixture.pan(7))
        try await Task.sleep(for: .milliseconds(100))
        #expect(try await registry.existingPAR(for: Fixture.pan(7)) == nil)
        other.rollBack()
        #expect(try await par == Fixture.tokenizer().par(for: Fixture.pan(7)))
        #expect(try await store.cards(after: 4, limit: 10).count == 1)
        await store.close()
    }

    @Test("A process that is killed while it writes leaves no part of its transaction")
    func kill() async throws {
        let place = try TestStore(.sqlite)
        try await place.fill()
        try OtherProcess(place.path).kill()
        let store = try SQLitePARStore(path: place.path)
        let registry = try await PARRegistry(store, Fixture.configuration())
        #expect(try await store.statistics().cards[.physical] == 3)
        #expect(try await registry.check().inconsistencyCount == 0)
        _ = try await registry.par(for: Fixture.pan(7))
        await store.close()
    }
}

/// A process that has changed a registry, and has not committed that.
private final class OtherProcess {
    private static let python = "/usr/bin/python3"
    static var isAvailable: Bool { FileManager.default.isExecutableFile(atPath: python) }

    private static let program = """
        import sqlite3, sys
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE account SET erased = 1")
        connection.execute("CREATE TABLE large AS SELECT randomblob(1000000) AS content")
        print("w", end="", flush=True)
        sys.stdin.readline()
        connection.execute("ROLLBACK")
        """

    private let process = Process()
    private let input = Pipe()

    init(_ path: String) throws {
        let output = Pipe()
        process.executableURL = URL(filePath: Self.python)
        process.arguments = ["-c", Self.program, path]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        #expect(output.fileHandleForReading.availableData == Data("w".utf8))
    }

    /// Rolls the transaction back, and ends the process.
    func rollBack() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Kills the process.
    func kill() {
        _ = Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    deinit { if process.isRunning { kill() } }
}
#endif
