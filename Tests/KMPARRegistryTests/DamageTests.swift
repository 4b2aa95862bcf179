import Foundation
import KMSecurity
import Testing

@testable import KMPARRegistry

#if PostgreSQL
import KMPostgreSQLTestSupport
#endif

/// Damage that an operator, another program or a restored backup can do to a database.
@Suite("The check of a registry")
struct DamageTests {
    private static let damage = [
        "UPDATE card SET hash_a = NULL WHERE id = 1": "card 1: it has no hash",
        "UPDATE card SET hash_b = hash_a WHERE id = 1": "card 1: it has a hash under an unknown key",
        "DELETE FROM account WHERE par = (SELECT par FROM card WHERE id = 1)": "card 1: there is no account",
        "UPDATE account SET erased = 1 WHERE par = (SELECT par FROM card WHERE id = 1)":
            "card 1: the account with its PAR",
        "UPDATE card SET par = (SELECT par FROM card WHERE id = 2) WHERE id = 1":
            "card 1: its sealed PAN does not open",
        "UPDATE card SET last_four = 1 WHERE id = 1": "card 1: its last four digits",
        "UPDATE card SET sealed = (SELECT sealed FROM card WHERE id = 2) WHERE id = 1":
            "card 1: its sealed PAN does not open",
        "UPDATE card SET replaced = NULL WHERE id = 3": "card 4: the card that it replaces is not marked",
        "DELETE FROM card WHERE id = 3": "card 4: the card that it replaces, 3, does not exist",
        "UPDATE card SET replaces = 5 WHERE id = 4": "card 4: it replaces a card that was added later",
        "DELETE FROM card WHERE id = 5": "PAR: its account has 0 first cards",
        "UPDATE card SET is_first = (2 > 1) WHERE id = 4": "PAR: its account has 2 first cards",
    ]

    private func expectFound(_ store: TestStore, _ text: String, _ execute: (String) throws -> Void) async throws {
        let registry = try await PARRegistry(store.open(), Fixture.configuration(), creates: true)
        for number in 1...3 { _ = try await registry.par(for: Fixture.pan(number)) }
        try await registry.reissue(Fixture.pan(3), as: Fixture.pan(4))
        _ = try await registry.par(for: Fixture.pan(5))
        #expect(try await registry.check().inconsistencyCount == 0)
        try execute(text)
        let found = try await registry.check().inconsistencies.map { wrong in
            wrong.description.replacing(/, PAR Q1[0-9A-Z]{25}/, with: "").replacing(/Q1[0-9A-Z]{25}/, with: "")
                .replacing("PAR :", with: "PAR:")
        }
        let expected = try #require(Self.damage[text])
        #expect(found.contains { $0.hasPrefix(expected) }, "\(found)")
    }

    @Test("Another tokenization key is one mistake, and one wrong PAR is named")
    func otherTokenizationKey() async throws {
        let store = MemoryPARStore()
        let registry = try await PARRegistry(store, Fixture.configuration(), creates: true)
        for number in 1...3 { _ = try await registry.par(for: Fixture.pan(number)) }
        var other = try Fixture.configuration()
        other.assignment = .derived(try PARTokenizer(TokenizationKey(Fixture.secret(201))))
        let check = try await PARRegistry(store, other).check()
        #expect(check.inconsistencyCount == 1 && check.rederivedPARs == 3)
        #expect(check.inconsistencies.first?.description.hasPrefix("no derived PAR comes from") == true)
        _ = try await PARRegistry(store, other).par(for: Fixture.pan(4))
        let mixed = try await registry.check().inconsistencies.map(\.description)
        #expect(mixed.count == 1 && mixed[0].hasPrefix("card 4, PAR "))
    }

    #if SQLite
    @Test("Each damage to a file of SQLite is found", arguments: damage.keys.sorted())
    func sqlite(_ damage: String) async throws {
        let store = try TestStore(.sqlite)
        try await expectFound(store, damage, store.executeInSQLite)
    }
    #endif

    #if PostgreSQL
    @Test(
        "Each damage to a database of PostgreSQL is found",
        .enabled(if: PostgreSQLServer.commands != nil, "\(PostgreSQLServer.absence)"),
        arguments: damage.keys.sorted()
    )
    func postgresql(_ damage: String) async throws {
        let store = try TestStore(.postgresql)
        try await expectFound(store, damage) { sql in
            try store.executeInPostgreSQL(
                sql.replacing("account", with: "SCHEMA.account").replacing(/\bcard\b/, with: "SCHEMA.card")
            )
        }
    }
    #endif
}
