#if PostgreSQL
import Foundation
import KMPostgreSQL
import KMPostgreSQLTestSupport
import KMSecurity
import Testing

@testable import KMPARRegistry

/// How PostgreSQL finds what a batch asks for.
@Suite("Plans of PostgreSQL", .enabled(if: PostgreSQLServer.commands != nil, "\(PostgreSQLServer.absence)"))
struct PlanTests {
    @Test("A batch of a thousand cards reads no whole table, even if the table is small")
    func batches() async throws {
        let store = try TestStore(.postgresql)
        let creation = try store.open()
        _ = try await PARRegistry(creation, Fixture.configuration(), creates: true)
        await creation.close()
        // With one connection, the counts of PostgreSQL are in the order of the calls.
        let opened = try store.open(connectionCount: 1)
        let state = try await opened.prepare(lookupKey: nil)
        for batch in 0..<3 {
            let cards = try (0..<1000).map { try card(batch * 1000 + $0, state) }
            let added = try await opened.add(cards, state)
            #expect(added == cards.map { .added($0.placement.par) })
            let found = try await opened.pars(of: cards.map { $0.hashes[0] }, state)
            #expect(found.map { $0?.par } == cards.map { $0.placement.par })
        }
        _ = try await opened.add([card(3000, state)], state)
        await opened.close()
        for table in ["card", "account"] {
            let counts = try await counts(store, table)
            // The creation of the table's indexes reads it, when it is empty.
            #expect(counts.readByScans == 0, "\(table)")
            #expect(counts.indexScans > 0, "\(table)")
        }
    }

    private func card(_ number: Int, _ state: RegistryState) throws -> NewCard {
        let pan = try Fixture.pan(number)
        return NewCard(
            hashes: [try Fixture.lookupKey(1).hash(of: pan)],
            kind: .physical,
            lastFour: pan.lastFour,
            sealed: nil,
            placement: .newAccount(try Fixture.tokenizer().par(for: pan), .derived),
            date: Date(timeIntervalSince1970: 0)
        )
    }

    /// The rows that scans of a whole table have read, and the scans of its indexes, after the last addition.
    private func counts(_ store: TestStore, _ table: String) async throws -> (readByScans: Int64, indexScans: Int64) {
        for _ in 0..<200 {
            let row = try store.queryInPostgreSQL(
                """
                SELECT n_tup_ins, seq_tup_read, idx_scan FROM pg_stat_user_tables
                WHERE schemaname = '\(store.schema)' AND relname = '\(table)'
                """
            )
            // PostgreSQL counts with a delay.
            if row.int64(0, 0) == 3001, let read = row.int64(0, 1), let scans = row.int64(0, 2) { return (read, scans) }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw KMError(.registryUnavailable, "PostgreSQL has not counted the additions to \(table)")
    }
}
#endif
