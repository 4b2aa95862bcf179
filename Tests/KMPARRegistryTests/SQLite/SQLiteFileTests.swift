#if SQLite
import Foundation
import KMSecurity
import Testing

@testable import KMPARRegistry

@Suite("The file of a registry in SQLite")
struct SQLiteFileTests {
    @Test("The file has mode 0600, and no PAN in the clear, nor after an erasure its hash")
    func fileContent() async throws {
        let store = try TestStore(.sqlite)
        let opened = try store.open()
        let registry = try await PARRegistry(opened, Fixture.configuration(), creates: true)
        let pan = try Fixture.pan(123_456_789)
        let par = try await registry.par(for: pan)
        let hash = try Data(Fixture.lookupKey(1).hash(of: pan).bytes)
        func files() throws -> Data {
            try FileManager.default.contentsOfDirectory(atPath: store.folder).reduce(into: Data()) { all, name in
                let path = "\(store.folder)/\(name)"
                let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
                #expect(mode == 0o600, "\(name)")
                all += try Data(contentsOf: URL(fileURLWithPath: path))
            }
        }
        let before = try files()
        #expect(before.firstRange(of: hash) != nil)
        #expect(before.firstRange(of: Data("123456789".utf8)) == nil)
        try await registry.erase(par, Fixture.access())
        await opened.close()
        #expect(try files().firstRange(of: hash) == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: store.folder) == ["registry.sqlite"])
    }

    /// Opens a registry, and returns why that fails.
    private func detail(_ path: String, creates: Bool) async throws -> String? {
        let error = await #expect(throws: KMError(.registryUnavailable)) {
            try await PARRegistry(SQLitePARStore(path: path, creates: creates), Fixture.configuration(), creates: true)
        }
        return error?.detail
    }

    @Test("What is not a database is rejected, and stays as it is")
    func foreignFiles() async throws {
        let store = try TestStore(.sqlite)
        let text = Data("This is not a database, but it is long enough to look like one.".utf8)
        try text.write(to: URL(filePath: store.path))
        #expect(try await detail(store.path, creates: true) == "\(store.path): SQLite: file is not a database")
        #expect(try Data(contentsOf: URL(filePath: store.path)) == text)
        let folder = try await detail("/nonexistent/registry", creates: true)
        #expect(folder == "/nonexistent/registry: No such file or directory")
        let noFile = try await detail(store.folder, creates: true)
        #expect(noFile == "\(store.folder): SQLite: unable to open database file")
        let missing = "\(store.folder)/missing.sqlite"
        let advice = "\(missing) does not exist; correct the path, or create the registry first"
        #expect(try await detail(missing, creates: false) == advice)
        #expect(!FileManager.default.fileExists(atPath: missing))
        let foreign = try TestStore(.sqlite)
        try Data().write(to: URL(filePath: foreign.path))
        try foreign.executeInSQLite("CREATE TABLE t (x)")
        let before = try Data(contentsOf: URL(filePath: foreign.path))
        let other = "\(foreign.path) is a database of another program"
        #expect(try await detail(foreign.path, creates: true) == other)
        #expect(try await detail(foreign.path, creates: false) == other)
        #expect(try Data(contentsOf: URL(filePath: foreign.path)) == before)
    }

    @Test("The tables of a newer version, and of an unknown one, are rejected", arguments: [2, 99, -1])
    func otherVersions(_ version: Int) async throws {
        let store = try TestStore(.sqlite)
        try await store.fill()
        try store.executeInSQLite("PRAGMA user_version = \(version)")
        let detail = try await detail(store.path, creates: true)
        let tables = "(version \(version) of its tables)"
        #expect(detail == "a newer version of KMSecurity made the registry \(tables); update this one")
    }
}
#endif
