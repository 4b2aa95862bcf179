internal import KMSecurity

/// A rotation of the keys of a store, which other processes use meanwhile.
struct RegistryRotation {
    /// The state of the store, as far as this rotation knows.
    private(set) var state: RegistryState
    private let store: any PARRegistryStore

    /// The number of cards that a step reads at once.
    private static let batchCount = 5000

    init(_ store: any PARRegistryStore, _ state: RegistryState) { (self.store, self.state) = (store, state) }

    /// Changes the state of the store.
    mutating func change(_ edit: (inout RegistryState) -> Void) async throws {
        let store = store
        state = try await perform { state in
            var changed = state
            edit(&changed)
            return try await store.change(state, to: changed)
        }
    }

    /// Calls `body` with the state, and again if the store got another one that has the same look-up keys.
    ///
    /// - Throws: ``KMError`` `registryRotationBlocked` if another process changes the look-up keys.
    mutating func perform<Result>(_ body: (RegistryState) async throws -> Result) async throws -> Result {
        for _ in 0..<10 {
            do {
                return try await body(state)
            } catch let error as KMError where error.code == .registryChanged {
                let (before, now) = (state, try await store.state())
                state = now
                // Only new sealing keys may have come meanwhile: a rotation that was cancelled and began again has the same
                // look-up keys, and other cards with hashes.
                guard now.keys == before.keys, now.retired == before.retired, now.column == before.column,
                    now.epoch - before.epoch == Int64(now.sealingKeys.count - before.sealingKeys.count)
                else { break }
            }
        }
        throw KMError(
            .registryRotationBlocked,
            "another process rotates the keys of this registry; wait until it ends, and try again"
        )
    }

    /// Visits all cards in batches, and reports the progress after each.
    @discardableResult
    mutating func visitCards(
        _ step: PARRegistry.RotationProgress.Step,
        _ report: (PARRegistry.RotationProgress) -> Void,
        _ change: (inout Self, [StoredCard], inout PARRegistry.RotationProgress) async throws -> Void
    ) async throws -> PARRegistry.RotationProgress {
        var progress = PARRegistry.RotationProgress(step: step)
        var last: Int64 = 0
        while true {
            try Task.checkCancellation()
            let cards = try await store.cards(after: last, limit: Self.batchCount)
            guard let end = cards.last else { return progress }
            last = end.id
            try await change(&self, cards, &progress)
            progress.visited += cards.count
            report(progress)
        }
    }

    /// Erases the hashes under the retired key, if there is one.
    mutating func eraseRetiredHashes(_ report: (PARRegistry.RotationProgress) -> Void) async throws {
        guard state.retired != nil else { return }
        let store = store
        try await visitCards(.erasing, report) { rotation, cards, progress in
            let ids = cards.filter { $0.hashes.count > 1 }.map(\.id)
            guard let first = ids.first, let last = ids.last else { return }
            try await rotation.perform { try await store.eraseRetiredHashes(first...last, $0) }
            progress.changed += ids.count
        }
        try await change { $0.retired = nil }
    }
}
