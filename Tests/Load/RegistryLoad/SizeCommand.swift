import ArgumentParser
import Foundation
import KMPARRegistry
import KMSecurity

#if PostgreSQL
import KMPostgreSQL
#endif

/// Measures how large a registry is.
struct SizeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "size",
        abstract: "Print the size of a registry in bytes, as a whole, by table and index, and per card.",
        discussion: "The size of an SQLite file is that without its log, and has no parts."
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var report: Report.Options

    func run() async throws {
        let cards = try await store.use { try await $0.statistics().cards.values.reduce(0, +) }
        guard cards > 0 else { throw ValidationError("the registry has no cards") }
        var figures = Report()
        figures.add("cards", Double(cards))
        let parts = try parts()
        let total = parts.reduce(0) { $0 + $1.bytes }
        figures.add("bytes", total)
        figures.add("bytes per card", total / Double(cards))
        for part in parts where parts.count > 1 { figures.add("bytes of \(part.name)", part.bytes) }
        try figures.write(report)
    }

    private func parts() throws -> [(name: String, bytes: Double)] {
        if let sqlite = store.sqlite {
            let attributes = try FileManager.default.attributesOfItem(atPath: sqlite)
            return [("file", (attributes[.size] as? NSNumber)?.doubleValue ?? 0)]
        }
        #if PostgreSQL
        let connection = try PostgreSQLConnection(
            connectionString: store.postgresql ?? "",
            applicationName: "RegistryLoad",
            timeout: .seconds(60)
        )
        // A table's size has its visibility map and its long values, and not its indexes.
        let rows = try connection.query(
            """
            SELECT c.relname::text, pg_table_size(c.oid) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relkind IN ('r', 'i') ORDER BY c.relkind DESC, c.relname
            """,
            [.text(store.schema)]
        )
        return (0..<rows.rowCount).map { row in
            (rows.text(row, 0) ?? "", Double(rows.int64(row, 1) ?? 0))
        }
        #else
        return []
        #endif
    }
}
