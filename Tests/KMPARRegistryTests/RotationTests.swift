import Foundation
import KMPARRegistry
import KMSecurity
import Testing

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
        #expect(state.current.version == 2 && state.next == nil && state.former == nil)
        let check = try await registry.check()
        #expect(check.inconsistencies.isEmpty && check.cards == check.recomputedHashes)
        // The former key is not needed any more.
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
        #expect(try await both.rotateLookupKey(to: 2) == .waitsForCards(5))
        #expect(try await both.statistics().cardsWithoutNextHash == 5)
        // A process without the new key cannot add cards any more, and says so.
        await #expect(throws: KMError(.registryKeyMismatch)) { try await first.par(for: Fixture.pan(7)) }
        for number in 0..<4 { #expect(try await both.par(for: Fixture.pan(number)) == pars[number]) }
        #expect(try await both.rotateLookupKey(to: 2) == .waitsForCards(1))
        let third = try await PARRegistry(store.open(), Fixture.configuration([1, 2, 3], sealing: []), creates: true)
        await #expect(throws: KMError(.registryRotationBlocked)) { try await third.rotateLookupKey(to: 3) }
        #expect(try await both.par(for: Fixture.pan(4)) == pars[4])
        #expect(try await both.rotateLookupKey(to: 2) == .complete)
        #expect(try await third.rotateLookupKey(to: 3) == .waitsForCards(5))
        for number in 0..<5 { #expect(try await third.par(for: Fixture.pan(number)) == pars[number]) }
        #expect(try await third.rotateLookupKey(to: 3) == .complete)
        #expect(try await third.check().inconsistencies.isEmpty)
    }

    @Test("The kept PANs are encrypted under a new key", arguments: TestStore.Kind.available)
    func sealingKey(_ kind: TestStore.Kind) async throws {
        let store = try TestStore(kind)
        let first = try await PARRegistry(store.open(), Fixture.configuration(), creates: true)
        for number in 0..<10 { _ = try await first.par(for: Fixture.pan(number)) }
        let both = try await PARRegistry(store.open(), Fixture.configuration(sealing: [2, 1]), creates: true)
        _ = try await both.par(for: Fixture.pan(10))
        #expect(try await both.statistics().sealedCards == [1: 10, 2: 1])
        #expect(try await both.rotateSealingKey() == 10)
        #expect(try await both.rotateSealingKey() == 0)
        let new = try await PARRegistry(store.open(), Fixture.configuration(sealing: [2]), creates: true)
        let check = try await new.check()
        #expect(check.inconsistencies.isEmpty && check.recomputedHashes == 11)
        await #expect(throws: KMError(.registryKeyMismatch)) { try await first.check() }
    }
}
