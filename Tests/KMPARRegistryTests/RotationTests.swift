import Foundation
import KMSecurity
import Testing

@testable import KMPARRegistry

@Suite("Rotation of the registry's keys, on each store")
struct RotationTests {
    /// The rotation is cancelled at a few batches, and continued, as after the death of its process.
    @Test("Under load, no PAR changes and no look-up fails", arguments: TestStore.Kind.available)
    func underLoad(_ kind: TestStore.Kind) async throws {
        let store = try TestStore(kind)
        let both = try Fixture.configuration([1, 2], random: true)
        let registry = try await PARRegistry(store.open(), both, creates: true)
        let count = 12_000
        let pars = try await withThrowingTaskGroup(of: (Int, PAR).self) { group in
            for number in 0..<count { group.addTask { (number, try await registry.par(for: Fixture.pan(number))) } }
            return try await group.reduce(into: [Int: PAR]()) { $0[$1.0] = $1.1 }
        }
        let isDone = Locked(false)
        let users = [try await PARRegistry(store.open(), both), try await PARRegistry(store.open(), both)]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                let user = users[worker % 2]
                group.addTask {
                    var next = 0
                    while !isDone.withLock({ $0 }) {
                        let number = Int.random(in: 0..<count)
                        #expect(try await user.existingPAR(for: Fixture.pan(number)) == pars[number])
                        let new = 1_000_000 + 10_000 * worker + next
                        next = (next + 1) % 10_000
                        _ = try await user.par(for: Fixture.pan(new))
                    }
                }
            }
            var stops = 0
            while true {
                let stopsEarly = stops < 5
                let rotation = Task {
                    let rotating = try await PARRegistry(store.open(), both, creates: true)
                    return try await rotating.rotateLookupKey(to: 2) { _ in
                        // Cancelled after its first batch, it ends before the second.
                        if stopsEarly { unsafe withUnsafeCurrentTask { unsafe $0?.cancel() } }
                    }
                }
                do {
                    #expect(try await rotation.value == .complete)
                    break
                } catch is CancellationError {
                    stops += 1
                }
            }
            #expect(stops == 5)
            isDone.withLock { $0 = true }
            try await group.waitForAll()
        }
        let state = try await registry.state()
        #expect(state.current.version == 2 && state.next == nil && state.retired == nil)
        let check = try await registry.check()
        #expect(check.inconsistencies.isEmpty && check.cards == check.recomputedHashes)
        // The retired key is not needed any more.
        let later = try await PARRegistry(store.open(), Fixture.configuration([2], random: true), creates: true)
        for number in stride(from: 0, to: count, by: 97) {
            #expect(try await later.existingPAR(for: Fixture.pan(number)) == pars[number])
        }
        #expect(try await later.rotateLookupKey(to: 2) == .complete)
    }

    @Test("Without kept PANs, a rotation ends when each card was used", arguments: TestStore.Kind.available)
    func withoutKeptPANs(_ kind: TestStore.Kind) async throws {
        let store = try TestStore(kind)
        let first = try await PARRegistry(store.open(), Fixture.configuration([1], sealing: []), creates: true)
        var pars: [PAR] = []
        for number in 0..<5 { pars.append(try await first.par(for: Fixture.pan(number))) }
        let both = try await PARRegistry(store.open(), Fixture.configuration([1, 2], sealing: []), creates: true)
        #expect(try await both.rotateLookupKey(to: 2) == .incomplete(waiting: 5, damaged: 0))
        #expect(try await both.statistics().cardsWithoutNextHash == 5)
        // A process without the new key cannot add cards any more, and says so.
        await #expect(throws: KMError(.registryKeyMismatch)) { try await first.par(for: Fixture.pan(7)) }
        for number in 0..<4 { #expect(try await both.par(for: Fixture.pan(number)) == pars[number]) }
        #expect(try await both.rotateLookupKey(to: 2) == .incomplete(waiting: 1, damaged: 0))
        let third = try await PARRegistry(store.open(), Fixture.configuration([1, 2, 3], sealing: []), creates: true)
        await #expect(throws: KMError(.registryRotationBlocked)) { try await third.rotateLookupKey(to: 3) }
        #expect(try await both.par(for: Fixture.pan(4)) == pars[4])
        #expect(try await both.rotateLookupKey(to: 2) == .complete)
        #expect(try await third.rotateLookupKey(to: 3) == .incomplete(waiting: 5, damaged: 0))
        for number in 0..<5 { #expect(try await third.par(for: Fixture.pan(number)) == pars[number]) }
        #expect(try await third.rotateLookupKey(to: 3) == .complete)
        #expect(try await third.check().inconsistencies.isEmpty)
    }

    @Test("A rotation is cancelled without the new key, and another one begins", arguments: TestStore.Kind.available)
    func cancelled(_ kind: TestStore.Kind) async throws {
        let store = try TestStore(kind)
        let first = try await PARRegistry(store.open(), Fixture.configuration(), creates: true)
        let par = try await first.par(for: Fixture.pan(1))
        #expect(try await PARRegistry.cancelLookupRotation(of: store.open()) == nil)
        // One card waits, because its PAN is not kept; the other has both hashes.
        let unsealed = try await PARRegistry(store.open(), Fixture.configuration(sealing: []))
        let waiting = try await unsealed.par(for: Fixture.pan(2))
        let both = try await PARRegistry(store.open(), Fixture.configuration([1, 2]))
        #expect(try await both.rotateLookupKey(to: 2) == .incomplete(waiting: 1, damaged: 0))
        await #expect(throws: KMError(.registryKeyMismatch)) { try await first.par(for: Fixture.pan(3)) }
        #expect(try await PARRegistry.cancelLookupRotation(of: store.open()) == Fixture.lookupKey(2).name)
        let state = try await first.state()
        #expect(state.current.version == 1 && state.next == nil && state.retired == nil)
        #expect(try await first.check().inconsistencies.isEmpty)
        // The use of a card keeps its PAN, now that there is a sealing key.
        #expect(try await first.par(for: Fixture.pan(2)) == waiting)
        let third = try await PARRegistry(store.open(), Fixture.configuration([3, 1]))
        #expect(try await third.rotateLookupKey(to: 3) == .complete)
        #expect(try await third.existingPAR(for: Fixture.pan(1)) == par)
        #expect(try await third.existingPAR(for: Fixture.pan(2)) == waiting)
        #expect(try await third.check().recomputedHashes == 2)
    }

    @Test("Damaged cards are skipped and counted, and do not stop the others", arguments: TestStore.Kind.available)
    func damagedCards(_ kind: TestStore.Kind) async throws {
        let store = try TestStore(kind)
        let opened = try store.open()
        let first = try await PARRegistry(opened, Fixture.configuration(), creates: true)
        var pars: [PAR] = []
        for number in 1...4 { pars.append(try await first.par(for: Fixture.pan(number))) }
        // Card 1 has bytes that do not open, and card 2 the PAN of another card.
        try await opened.reseal([
            1: #require(SealedPAN(version: 1, bytes: [UInt8](repeating: 7, count: SealedPAN.byteCount))),
            2: Fixture.sealingKey(1).seal(Fixture.pan(9), for: pars[1]),
        ])
        #expect(try await first.check().inconsistencyCount == 4)
        let both = try await PARRegistry(store.open(), Fixture.configuration([1, 2], sealing: [2, 1]))
        #expect(try await both.rotateLookupKey(to: 2) == .incomplete(waiting: 1, damaged: 1))
        #expect(try await both.rotateSealingKey().damaged == 1)
        #expect(try await both.rotateSealingKey().changed == 0)
        // The one gets its hash when it is used, and the other when its wrong PAN is erased and it is used.
        #expect(try await both.par(for: Fixture.pan(1)) == pars[0])
        #expect(try await both.rotateLookupKey(to: 2) == .incomplete(waiting: 0, damaged: 1))
        #expect(try await both.rotateLookupKey(to: 2, erasesDamaged: true) == .incomplete(waiting: 1, damaged: 0))
        #expect(try await both.par(for: Fixture.pan(2)) == pars[1])
        #expect(try await both.rotateLookupKey(to: 2) == .complete)
        // The bytes that do not open were erased too, and the next use seals the PAN again.
        #expect(try await both.rotateSealingKey().damaged == 0)
        _ = try await both.par(for: Fixture.pan(1))
        for number in 1...4 { #expect(try await both.existingPAR(for: Fixture.pan(number)) == pars[number - 1]) }
        let check = try await both.check()
        #expect(check.inconsistencies.isEmpty && check.recomputedHashes == 4)
    }

    @Test("A rotation stops if it was cancelled and begun again meanwhile", arguments: TestStore.Kind.available)
    func begunAgain(_ kind: TestStore.Kind) async throws {
        let place = try TestStore(kind)
        defer { withExtendedLifetime(place) {} }
        let store = try place.open()
        let registry = try await PARRegistry(store, Fixture.configuration([1, 2], sealing: []), creates: true)
        _ = try await registry.par(for: Fixture.pan(1))
        let next = try Fixture.lookupKey(2).name
        var first = RegistryRotation(store, try await registry.state())
        try await first.change { $0.next = next }
        // A new sealing key does not disturb it.
        let sealing = try await PARRegistry(store, Fixture.configuration([1, 2]))
        _ = try await sealing.par(for: Fixture.pan(2))
        var seen = 0
        try await first.change { seen = $0.sealingKeys.count }
        #expect(seen == 1)
        #expect(try await PARRegistry.cancelLookupRotation(of: store) == next)
        var second = RegistryRotation(store, try await registry.state())
        try await second.change { $0.next = next }
        await #expect(throws: KMError(.registryRotationBlocked)) { try await first.change { $0.next = nil } }
        // A cancellation that was ended is completed by the next one.
        try await second.change { ($0.next, $0.retired) = (nil, next) }
        #expect(try await PARRegistry.cancelLookupRotation(of: store) == next)
        #expect(try await sealing.check().inconsistencies.isEmpty)
    }

    @Test("A sealing key with a known version and other bytes is rejected", arguments: TestStore.Kind.available)
    func otherSealingKey(_ kind: TestStore.Kind) async throws {
        let store = try TestStore(kind)
        // A key that has encrypted nothing yet can still be replaced.
        var other = try Fixture.configuration(sealing: [])
        other.sealingKeys = [try PANSealingKey(Fixture.secret(150), version: 1)]
        let unused = try await PARRegistry(store.open(), other, creates: true)
        let first = try await PARRegistry(store.open(), Fixture.configuration())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...300 { group.addTask { _ = try await first.par(for: Fixture.pan(number)) } }
            try await group.waitForAll()
        }
        #expect(try await first.state().sealingKeys == [Fixture.sealingKey(1).name])
        await #expect(throws: KMError(.registryKeyMismatch)) { try await PARRegistry(store.open(), other) }
        await #expect(throws: KMError(.registryKeyMismatch)) { try await unused.par(for: Fixture.pan(999)) }
        // It stays reserved after its rotation.
        let both = try await PARRegistry(store.open(), Fixture.configuration(sealing: [2, 1]))
        #expect(try await both.rotateSealingKey().changed == 300)
        #expect(try await both.state().sealingKeys.map(\.version) == [1, 2])
        await #expect(throws: KMError(.registryKeyMismatch)) { try await PARRegistry(store.open(), other) }
    }

    @Test("A sealing key that another process begins to use does not count as damage")
    func newKeyOfAnother() async throws {
        let store = MemoryPARStore()
        let first = try await PARRegistry(store, Fixture.configuration(), creates: true)
        _ = try await first.par(for: Fixture.pan(1))
        let second = try await PARRegistry(store, Fixture.configuration(sealing: [2, 1]))
        _ = try await second.par(for: Fixture.pan(2))
        // The first does not know the second key yet, as in the middle of a rotation.
        let cards = await store.cards(after: 0, limit: 10)
        #expect(cards.map(\.sealed?.version) == [1, 2])
        #expect(first.knownState.sealingKeys.map(\.version) == [1])
        try await first.learnSealingKeys(of: cards)
        #expect(throws: KMError(.registryKeyMismatch)) { try first.openSealed(cards[1]) }
        await #expect(throws: KMError(.registryKeyMismatch)) { try await first.rotateSealingKey(erasesDamaged: true) }
        #expect(try await second.check().recomputedHashes == 2)
    }

    @Test("The kept PANs are encrypted under a new key", arguments: TestStore.Kind.available)
    func sealingKey(_ kind: TestStore.Kind) async throws {
        let store = try TestStore(kind)
        let first = try await PARRegistry(store.open(), Fixture.configuration(), creates: true)
        for number in 0..<10 { _ = try await first.par(for: Fixture.pan(number)) }
        let both = try await PARRegistry(store.open(), Fixture.configuration(sealing: [2, 1]), creates: true)
        _ = try await both.par(for: Fixture.pan(10))
        #expect(try await both.statistics().sealedCards == [1: 10, 2: 1])
        #expect(try await both.rotateSealingKey().changed == 10)
        #expect(try await both.rotateSealingKey().changed == 0)
        let new = try await PARRegistry(store.open(), Fixture.configuration(sealing: [2]), creates: true)
        let check = try await new.check()
        #expect(check.inconsistencies.isEmpty && check.recomputedHashes == 11)
        await #expect(throws: KMError(.registryKeyMismatch)) { try await first.check() }
    }
}
