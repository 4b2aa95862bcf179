#if SQLite
import Foundation
import KMSecurity
import KMTestSupport
import Testing

@testable import KMPARRegistry

/// Files that another program has changed, or that the disk has damaged.
@Suite("Damage to a file of SQLite")
struct SQLiteDamageTests {
    /// The columns of each table that a store reads.
    private static let tables = [
        "registry": [
            "id", "epoch", "current_version", "current_check", "hash_column", "next_version", "next_check",
            "retired_version", "retired_check", "sealing_keys",
        ],
        "account": ["par", "origin", "created", "erased"],
        "card": [
            "id", "par", "kind", "last_four", "hash_a", "hash_b", "sealed", "sealing_version", "created", "replaced",
            "replaces", "is_first",
        ],
        "access": ["id", "date", "action", "par", "actor", "reason"],
    ]
    private static let columns = tables.flatMap { table, names in names.map { "\(table).\($0)" } }.sorted()
    private static let values = [
        "NULL", "x''", "x'00'", "zeroblob(1000000)", "''", "'text'", "'1'", "CAST(x'FF' AS TEXT)", "'Q1' || char(0)",
        "-1", "2", "9223372036854775807", "-9223372036854775808", "1.5", "9e999",
    ]
    private static let blobs: Set = ["card.hash_a", "card.hash_b", "card.sealed"]
    /// What is not read as long as the column before it has no value, and what only SQLite itself reads.
    private static let unread: Set = ["registry.id", "registry.next_check", "registry.retired_check"]

    /// Replaces a table with one that accepts any value in any column.
    private static func replacement(_ table: String) -> String {
        let names = tables[table, default: []].joined(separator: ", ")
        return """
            CREATE TABLE other (\(names)); INSERT INTO other SELECT \(names) FROM \(table);
            DROP TABLE \(table); ALTER TABLE other RENAME TO \(table);
            """
    }

    @Test("A table with other types, no values or wrong lengths is an error of each call", arguments: columns)
    func replaced(_ place: String) async throws {
        let parts = place.split(separator: ".").map(String.init)
        let whole = try TestStore(.sqlite)
        try await whole.fill()
        for value in Self.values {
            let store = try TestStore(.sqlite)
            try FileManager.default.copyItem(atPath: whole.path, toPath: store.path)
            try store.executeInSQLite("\(Self.replacement(parts[0])) UPDATE \(parts[0]) SET \(parts[1]) = \(value)")
            let codes = try await store.callEverything()
            let wrongType = Self.blobs.contains(place) ? "'text'" : "x'00'"
            guard value == wrongType, parts[0] != "access", !Self.unread.contains(place) else { continue }
            #expect(codes.contains(.registryDamaged), "\(place) = \(value)")
        }
    }

    @Test(
        "A short hash or sealed PAN, and one of another type, is damage",
        arguments: ["hash_a = x'00'", "hash_a = 'text'", "hash_b = x''", "sealed = x'00'", "sealed = 7"]
    )
    func blobs(_ change: String) async throws {
        let store = try TestStore(.sqlite)
        try await store.fill()
        try store.executeInSQLite("\(Self.replacement("card")) UPDATE card SET \(change) WHERE id = 2")
        let opened = try store.open()
        let error = await #expect(throws: KMError.self) { try await opened.cards(after: 0, limit: 10) }
        #expect(error?.code == .registryDamaged)
        await opened.close()
    }

    @Test("The error names the column, and not its value")
    func name() async throws {
        let store = try TestStore(.sqlite)
        try await store.fill()
        try store.executeInSQLite("\(Self.replacement("card")) UPDATE card SET last_four = 'secret' WHERE id = 2")
        let opened = try store.open()
        let error = await #expect(throws: KMError(.registryDamaged)) { try await opened.cards([2]) }
        #expect(error?.detail == "the value of last_four in the registry's database cannot be read")
        await opened.close()
    }

    @Test("A missing table, and one that is a view, is an error of each call", arguments: tables.keys.sorted())
    func missing(_ table: String) async throws {
        let view = "ALTER TABLE \(table) RENAME TO t; CREATE VIEW \(table) AS SELECT * FROM t"
        for change in ["DROP TABLE \(table)", view] {
            let store = try TestStore(.sqlite)
            try await store.fill()
            try store.executeInSQLite(change)
            #expect(try await store.callEverything().contains(.registryUnavailable), "\(change)")
        }
    }

    @Test("A file that lacks a page at its end is an error")
    func truncated() async throws {
        let store = try TestStore(.sqlite)
        try await store.fill()
        let content = try Data(contentsOf: URL(filePath: store.path))
        // At least a page is missing. Of a part of the last page, SQLite takes the rest to be zeros.
        for count in [1, 99] + stride(from: 0, through: content.count - 4096, by: 512) {
            let cut = try TestStore(.sqlite)
            try content.prefix(count).write(to: URL(filePath: cut.path))
            #expect(try await cut.callEverything().contains(.registryUnavailable), "\(count) of \(content.count) bytes")
        }
    }

    @Test("Random changes of bytes never end the process", arguments: 0..<UInt64(Effort.rounds(64)))
    func changedBytes(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let store = try TestStore(.sqlite)
        try await store.fill()
        let content = try Array(Data(contentsOf: URL(filePath: store.path)))
        for _ in 0..<8 {
            var changed = content
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                // Half of the changes are in the first bytes of a page, which say how it is to be read.
                let start = Int.random(in: 0..<content.count / 4096, using: &random) * 4096
                let end = Bool.random(using: &random) ? 4096 : 128
                changed[start + Int.random(in: 0..<end, using: &random)] = random.bytes(1)[0]
            }
            let other = try TestStore(.sqlite)
            try Data(changed).write(to: URL(filePath: other.path))
            _ = try await other.callEverything()
        }
    }
}
#endif
