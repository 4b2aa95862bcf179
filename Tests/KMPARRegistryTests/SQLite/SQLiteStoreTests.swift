#if SQLite
import Foundation
import KMSecurity
import Testing

@testable import KMPARRegistry

@Suite("A registry in a file of SQLite")
struct SQLiteStoreTests {
    @Test("A commit is on the disk when the call returns, and what is erased is overwritten")
    func settings() async throws {
        let place = try TestStore(.sqlite)
        let store = try SQLitePARStore(path: place.path, creates: true)
        for (name, expected) in ["synchronous": 2, "secure_delete": 1, "foreign_keys": 1, "temp_store": 2] {
            #expect(try await store.pool.write { try $0.int("PRAGMA \(name)") } == expected, "\(name) of the writer")
            #expect(try await store.pool.read { try $0.int("PRAGMA \(name)") } == expected, "\(name) of a reader")
        }
        let write: @Sendable (SQLiteConnection) throws -> Void = { try $0.execute("CREATE TABLE t (x)") }
        await #expect(throws: SQLiteError.self) { try await store.pool.read(write) }
        await store.close()
    }

    @Test("What a call wrote before it failed is rolled back")
    func rollback() async throws {
        let place = try TestStore(.sqlite)
        try await place.fill()
        let store = try SQLitePARStore(path: place.path)
        let error = await #expect(throws: KMError.self) {
            try await store.write { database in
                try database.execute("DELETE FROM card")
                throw KMError(.cardUnknown)
            }
        }
        #expect(error?.code == .cardUnknown)
        // A transaction that nothing has ended is no obstacle.
        try await store.pool.write { try $0.execute("BEGIN IMMEDIATE; DELETE FROM card") }
        #expect(try await store.statistics().cards[.physical] == 3)
        #expect(try await store.write { try $0.int("SELECT count(*) FROM card") } == 3)
        await store.close()
    }

    @Test("A full disk is an error, and loses nothing")
    func fullDisk() async throws {
        let place = try TestStore(.sqlite)
        try await place.fill()
        let store = try SQLitePARStore(path: place.path)
        let registry = try await PARRegistry(store, Fixture.configuration())
        try await store.pool.write { try $0.execute("PRAGMA max_page_count = \($0.int("PRAGMA page_count"))") }
        var added: [Int: PAR] = [:]
        var failure: KMError?
        for number in 1000..<2000 where failure == nil {
            do {
                added[number] = try await registry.par(for: Fixture.pan(number))
            } catch let error as KMError {
                failure = error
            }
        }
        #expect(failure?.code == .registryUnavailable)
        #expect(failure?.detail == "\(place.path): SQLite: database or disk is full")
        try await store.pool.write { try $0.execute("PRAGMA max_page_count = 1000000") }
        #expect(try await store.statistics().cards[.physical] == 3 + added.count)
        for (number, par) in added { #expect(try await registry.existingPAR(for: Fixture.pan(number)) == par) }
        _ = try await registry.par(for: Fixture.pan(2000))
        #expect(try await registry.check().inconsistencyCount == 0)
        await store.close()
    }

    @Test("A file that can only be read gives look-ups, and no new cards")
    func readOnly() async throws {
        let place = try TestStore(.sqlite)
        try await place.fill()
        // A later version of the format, which SQLite can read and not write.
        var content = try Data(contentsOf: URL(filePath: place.path))
        content[18] = 3
        try content.write(to: URL(filePath: place.path))
        let store = try SQLitePARStore(path: place.path)
        let registry = try await PARRegistry(store, Fixture.configuration())
        #expect(try await registry.existingPAR(for: Fixture.pan(1)) != nil)
        let error = await #expect(throws: KMError(.registryUnavailable)) {
            try await registry.par(for: Fixture.pan(7))
        }
        #expect(error?.detail == "\(place.path): SQLite: attempt to write a readonly database")
        await store.close()
    }

    @Test("A call whose task is canceled while it waits does nothing")
    func cancellation() async throws {
        let place = try TestStore(.sqlite)
        try await place.fill()
        let store = try SQLitePARStore(path: place.path)
        let (started, gate) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
        async let first: Void = store.pool.write { _ in
            started.continuation.finish()
            gate.wait()
        }
        for await _ in started.stream {}
        let waiting = Task { try await store.pool.write { try $0.execute("DELETE FROM card") } }
        waiting.cancel()
        gate.signal()
        try await first
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(try await store.statistics().cards[.physical] == 3)
        await store.close()
    }

    @Test("After closing, which waits for the calls before, each call throws")
    func closing() async throws {
        let place = try TestStore(.sqlite)
        try await place.fill()
        let store = try SQLitePARStore(path: place.path, readerCount: 2)
        let calls = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 {
                group.addTask { (try? await store.statistics()) != nil }
                group.addTask { (try? await store.eraseSealed([1])) != nil }
            }
            var done = await group.next() == true ? 1 : 0
            group.addTask {
                await store.close()
                return true
            }
            for await isDone in group where isDone { done += 1 }
            return done
        }
        #expect(calls > 1)
        await store.close()
        let errors = [
            await #expect(throws: KMError(.registryUnavailable)) { try await store.state() },
            await #expect(throws: KMError(.registryUnavailable)) { try await store.eraseSealed([1]) },
        ]
        for error in errors { #expect(error?.detail == "\(place.path): SQLite: the store was closed") }
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.folder) == ["registry.sqlite"])
    }
}
#endif
