import Foundation
import KMPARRegistry
import KMSecurity
import Testing

@Suite("PAR registry, on each store")
struct PARRegistryTests {
    private func registry(
        _ store: TestStore,
        _ configuration: PARRegistry.Configuration? = nil
    ) async throws -> PARRegistry {
        try await PARRegistry(store.open(), configuration ?? Fixture.configuration(), creates: true)
    }

    @Test("A card gets its PAR with the first use, and keeps it", arguments: TestStore.Kind.available)
    func firstUse(_ kind: TestStore.Kind) async throws {
        let store = try TestStore(kind)
        let registry = try await registry(store)
        let pan = try Fixture.pan(1)
        #expect(try await registry.existingPAR(for: pan) == nil)
        let par = try await registry.par(for: pan)
        #expect(try par == Fixture.tokenizer().par(for: pan))
        #expect(try await registry.par(for: pan) == par)
        let later = try await self.registry(store, Fixture.configuration(random: true))
        #expect(try await later.existingPAR(for: pan) == par)
        let random = try await later.par(for: Fixture.pan(2))
        #expect(try random != Fixture.tokenizer().par(for: Fixture.pan(2)))
        #expect(random.prefix == .platform)
        let statistics = try await registry.statistics()
        #expect(statistics.accounts == 2 && statistics.cards == [.physical: 2] && statistics.sealedCards == [1: 2])
    }

    @Test(
        "An account has one PAR through reissues, for its tokens and its mobile card",
        arguments: TestStore.Kind.available
    )
    func account(_ kind: TestStore.Kind) async throws {
        let store = try TestStore(kind)
        let registry = try await registry(store)
        let (card, mobile, token, second, third) = try (
            Fixture.pan(1), Fixture.pan(2), Fixture.pan(3), Fixture.pan(4), Fixture.pan(5)
        )
        let par = try await registry.par(for: card)
        #expect(try await registry.link(mobile, to: par, .mobile))
        #expect(try await registry.link(token, to: par, .token))
        #expect(try await !registry.link(token, to: par, .token))
        #expect(try await registry.reissue(card, as: second) == par)
        #expect(try await registry.reissue(card, as: second) == par)
        #expect(try await registry.reissue(second, as: third) == par)
        for pan in [card, mobile, token, second, third] { #expect(try await registry.par(for: pan) == par) }
        await #expect(throws: KMError(.cardReplaced)) { try await registry.reissue(card, as: Fixture.pan(6)) }
        await #expect(throws: KMError(.cardConflict)) { try await registry.reissue(third, as: token) }
        await #expect(throws: KMError(.cardConflict)) { try await registry.reissue(third, as: third) }
        await #expect(throws: KMError(.cardUnknown)) { try await registry.reissue(Fixture.pan(7), as: Fixture.pan(8)) }
        let other = try await registry.par(for: Fixture.pan(9))
        await #expect(throws: KMError(.cardConflict)) { try await registry.link(card, to: other, .physical) }
        await #expect(throws: KMError(.cardConflict)) { try await registry.reissue(third, as: Fixture.pan(9)) }
        let none = try PAR("Q1" + String(repeating: "0", count: 25))
        await #expect(throws: KMError(.parUnknown)) { try await registry.link(Fixture.pan(8), to: none, .token) }

        let history = try await registry.history(of: par, Fixture.access())
        #expect(history.cards.map(\.kind) == [.physical, .mobile, .token, .physical, .physical])
        #expect(history.cards.map(\.replaces) == [nil, nil, nil, history.cards[0].id, history.cards[3].id])
        #expect(history.cards.map { $0.replaced != nil } == [true, false, false, true, false])
        let lastFour = try Fixture.pan(3).withDigits { digits in
            String(decoding: (12..<16).map { digits[$0] }, as: UTF8.self)
        }
        #expect(history.cards[2].lastFour == lastFour)
        await #expect(throws: KMError(.parUnknown)) { try await registry.history(of: none, Fixture.access()) }
        let statistics = try await registry.statistics()
        #expect(statistics.accesses == 2 && statistics.replacedCards == 2)
        let check = try await registry.check()
        #expect(check.inconsistencies.isEmpty)
        #expect(check.cards == 6 && check.accounts == 2 && check.recomputedHashes == 6 && check.rederivedPARs == 2)
    }

    @Test(
        "Assignments of another registry are taken over, and contradictions rejected",
        arguments: TestStore.Kind.available
    )
    func given(_ kind: TestStore.Kind) async throws {
        let store = try TestStore(kind)
        let registry = try await registry(store)
        let par = try PAR("Q1" + String(repeating: "Z", count: 25))
        #expect(try await registry.add(Fixture.pan(1), with: par))
        #expect(try await !registry.add(Fixture.pan(1), with: par))
        #expect(try await registry.add(Fixture.pan(2), with: par, .token))
        #expect(try await registry.par(for: Fixture.pan(2)) == par)
        let other = try PAR("Q1" + String(repeating: "Y", count: 25))
        await #expect(throws: KMError(.cardConflict)) { try await registry.add(Fixture.pan(1), with: other) }
        #expect(try await registry.statistics().accounts == 1)
    }

    @Test("An erased account has no cards, and its PAR is never assigned again", arguments: TestStore.Kind.available)
    func erasure(_ kind: TestStore.Kind) async throws {
        let store = try TestStore(kind)
        let registry = try await registry(store)
        let pan = try Fixture.pan(1)
        let par = try await registry.par(for: pan)
        try await registry.reissue(pan, as: Fixture.pan(2))
        #expect(try await registry.erase(par, Fixture.access()) == 2)
        #expect(try await registry.erase(par, Fixture.access()) == 0)
        #expect(try await registry.existingPAR(for: pan) == nil)
        let new = try await registry.par(for: pan)
        #expect(new != par && new.prefix == par.prefix)
        #expect(try await registry.par(for: pan) == new)
        await #expect(throws: KMError(.parErased)) { try await registry.add(Fixture.pan(3), with: par) }
        await #expect(throws: KMError(.parErased)) { try await registry.link(Fixture.pan(3), to: par, .token) }
        let history = try await registry.history(of: par, Fixture.access())
        #expect(history.cards.isEmpty && history.account.erased != nil)
        let statistics = try await registry.statistics()
        #expect(statistics.accounts == 1 && statistics.erasedAccounts == 1)
        #expect(try await registry.check().inconsistencies.isEmpty)
    }

    @Test("A registry is created on request only, and once", arguments: TestStore.Kind.available)
    func creation(_ kind: TestStore.Kind) async throws {
        let store = try TestStore(kind)
        await #expect(throws: KMError(.registryUnavailable)) {
            try await PARRegistry(store.open(), Fixture.configuration())
        }
        let par = try await registry(store).par(for: Fixture.pan(1))
        let later = try await PARRegistry(store.open(), Fixture.configuration())
        #expect(try await later.existingPAR(for: Fixture.pan(1)) == par)
    }

    /// As at a merchant's: one card is used very often, and the servers learn of it at the same time.
    @Test("Thousands of simultaneous uses of one new card succeed", arguments: TestStore.Kind.available)
    func oneCard(_ kind: TestStore.Kind) async throws {
        let store = try TestStore(kind)
        let registries = [
            try await registry(store, Fixture.configuration(random: true)),
            try await registry(store, Fixture.configuration(random: true)),
        ]
        let pars = try await withThrowingTaskGroup(of: PAR.self) { group in
            for use in 0..<6000 { group.addTask { try await registries[use % 2].par(for: Fixture.pan(1)) } }
            return try await group.reduce(into: Set<PAR>()) { $0.insert($1) }
        }
        #expect(pars.count == 1)
    }

    /// Random PARs, so that two assignments of one card would differ.
    @Test("Simultaneous first uses of one card get one PAR", arguments: TestStore.Kind.available)
    func simultaneous(_ kind: TestStore.Kind) async throws {
        let store = try TestStore(kind)
        var registries: [PARRegistry] = []
        for _ in 0..<3 { registries.append(try await registry(store, Fixture.configuration(random: true))) }
        let pars = try await withThrowingTaskGroup(of: (Int, PAR).self) { group in
            for use in 0..<1500 {
                let registry = registries[use % 3]
                group.addTask { (use % 20, try await registry.par(for: Fixture.pan(use % 20))) }
            }
            return try await group.reduce(into: [Int: Set<PAR>]()) { $0[$1.0, default: []].insert($1.1) }
        }
        #expect(pars.count == 20 && pars.values.allSatisfy { $0.count == 1 })
        #expect(Set(pars.values.map { $0 }).count == 20)
        let statistics = try await registries[0].statistics()
        #expect(statistics.accounts == 20 && statistics.cards == [.physical: 20])
        #expect(try await registries[0].check().inconsistencies.isEmpty)
    }

    /// Cards are added, linked, replaced and erased at the same time, by what are processes for the store.
    @Test("Simultaneous calls of all kinds leave no contradiction", arguments: TestStore.Kind.available)
    func mixed(_ kind: TestStore.Kind) async throws {
        let store = try TestStore(kind)
        var registries: [PARRegistry] = []
        for _ in 0..<3 { registries.append(try await registry(store)) }
        let expected: Set<KMError.Code> = [.parErased, .parUnknown, .cardConflict, .cardReplaced, .cardUnknown]
        try await withThrowingTaskGroup { group in
            for worker in 0..<12 {
                let registry = registries[worker % 3]
                group.addTask {
                    var random = SystemRandomNumberGenerator()
                    for _ in 0..<40 {
                        let (pan, other) = try (
                            Fixture.pan(.random(in: 0..<12, using: &random)),
                            Fixture.pan(.random(in: 0..<12, using: &random))
                        )
                        do {
                            let par = try await registry.par(for: pan)
                            switch Int.random(in: 0..<4, using: &random) {
                            case 0: try await registry.link(other, to: par, .token)
                            case 1: try await registry.reissue(pan, as: other)
                            case 2: try await registry.erase(par, Fixture.access())
                            default: try await registry.add(other, with: par)
                            }
                        } catch let error as KMError where expected.contains(error.code) {}
                    }
                }
            }
            try await group.waitForAll()
        }
        let check = try await registries[0].check()
        #expect(check.inconsistencies.isEmpty, "\(check.inconsistencies)")
    }

    @Test(
        "A registry rejects another key with the same version, and a missing one",
        arguments: TestStore.Kind.available
    )
    func otherKeys(_ kind: TestStore.Kind) async throws {
        let store = try TestStore(kind)
        _ = try await registry(store)
        var other = try Fixture.configuration()
        other.lookupKeys = [try PANLookupKey(Fixture.secret(9), version: 1)]
        await #expect(throws: KMError(.registryKeyMismatch)) { try await registry(store, other) }
        await #expect(throws: KMError(.registryKeyMismatch)) { try await registry(store, Fixture.configuration([2])) }
        other.lookupKeys = try [Fixture.lookupKey(1), PANLookupKey(Fixture.secret(9), version: 1)]
        await #expect(throws: KMError(.keyVersionRepeated)) { try await registry(store, other) }
        other.lookupKeys = []
        await #expect(throws: KMError(.configurationInvalid)) { try await registry(store, other) }
    }

    /// Each store gets the same calls as the one in memory, which is the simplest.
    @Test("All stores answer the same", arguments: TestStore.Kind.available.filter { $0 != .memory })
    func sameAnswers(_ kind: TestStore.Kind) async throws {
        let stores = (try TestStore(.memory), try TestStore(kind))
        let registries = [try await registry(stores.0), try await registry(stores.1)]
        var generator = SystemRandomNumberGenerator()
        for step in 0..<300 {
            let (a, b) = (Int.random(in: 0..<10, using: &generator), Int.random(in: 0..<10, using: &generator))
            let call = Int.random(in: 0..<6, using: &generator)
            // A derived PAR that was erased is replaced by a random one, which differs: only given PARs can be erased.
            let given = try PAR("Q1" + String(repeating: "\(a % 4)", count: 25))
            var answers: [String] = []
            for registry in registries {
                do {
                    let (pan, other) = try (Fixture.pan(a), Fixture.pan(b))
                    switch call {
                    case 0: answers.append("\(try await registry.par(for: pan))")
                    case 1: answers.append("\(try await registry.existingPAR(for: pan)?.text ?? "none")")
                    case 2: answers.append("\(try await registry.add(other, with: given, .mobile))")
                    case 3: answers.append("\(try await registry.reissue(pan, as: other))")
                    case 4: answers.append("\(try await registry.link(other, to: given, .token))")
                    default:
                        answers.append(
                            step % 5 == 0 ? "\(try await registry.erase(given, Fixture.access()))" : "no erasure"
                        )
                    }
                } catch let error as KMError {
                    answers.append("\(error.code)")
                }
            }
            #expect(answers[0] == answers[1], "call \(call) of \(a), \(b)")
        }
        let statistics = (try await registries[0].statistics(), try await registries[1].statistics())
        #expect(statistics.0 == statistics.1)
        for registry in registries { #expect(try await registry.check().inconsistencies.isEmpty) }
    }
}
