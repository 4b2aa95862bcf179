internal import KMSecurity

extension PARRegistry {
    /// How far a rotation is.
    public struct RotationProgress: Sendable, Hashable {
        /// The part of a rotation that is in progress.
        public enum Step: String, Sendable, Hashable {
            /// Cards get hashes under the next look-up key.
            case hashing
            /// Hashes under the former look-up key are erased.
            case erasing
            /// Sealed PANs are encrypted under the first sealing key.
            case resealing
        }

        /// The part.
        public var step: Step
        /// The number of cards that this call has visited in this step.
        public var visited = 0
        /// The number of cards that this call has changed in this step.
        public var changed = 0
        /// The number of cards that have no hash under the next key, and whose PAN the registry does not have.
        public var waiting = 0
    }

    /// The result of a rotation of the look-up key.
    public enum LookupRotation: Sendable, Hashable {
        /// Every card has a hash under the new key only. Remove the former key.
        case complete
        /// Some cards have no hash under the new key, because the registry does not keep their PANs.
        ///
        /// Each gets one when its PAN is used or imported again. Keep both keys, and call the rotation again later.
        case waitsForCards(Int)
    }

    /// The number of cards that a step of a rotation reads at once.
    private static let batchCount = 5000

    /// Changes the registry to another look-up key, while it is in use.
    ///
    /// First give every process that uses the registry both keys. Then call this from one process. Cards get a second
    /// hash one after another, and new cards get both; look-ups use the old key until each card has the new hash.
    /// Then the registry changes to the new key, and the hashes under the old one are erased. No PAR changes.
    ///
    /// If the call or the process is ended, call it again: it reads all cards again, and changes those that are left.
    ///
    /// - Parameters:
    ///   - version: The version of the new key, which the configuration must have.
    ///   - progress: Receives the progress after each batch.
    /// - Returns: Whether the rotation is complete.
    /// - Throws: ``KMError`` `registryKeyMismatch` if the configuration lacks the key or a sealing key,
    ///   `registryRotationBlocked` if a rotation to another key is in progress or another process completed this one,
    ///   `registryDamaged` if a kept PAN is not that of its card, `registryUnavailable`, or `CancellationError`.
    public func rotateLookupKey(
        to version: UInt32,
        progress: (RotationProgress) -> Void = { _ in }
    ) async throws -> LookupRotation {
        guard let new = configuration.lookupKeys.first(where: { $0.name.version == version }) else {
            throw KMError(.registryKeyMismatch, "no look-up key with version \(version) was given")
        }
        var state = try await refresh()
        if state.former != nil { state = try await eraseFormerHashes(state, progress) }
        if state.current == new.name, state.next == nil { return .complete }
        if let next = state.next {
            guard next == new.name else {
                throw KMError(
                    .registryRotationBlocked,
                    "a rotation to the look-up key with \(next) is in progress; complete it first"
                )
            }
        } else {
            var rotating = state
            rotating.next = new.name
            state = try await change(state, to: rotating)
        }
        let waiting = try await hashCards(new, state, progress)
        guard waiting == 0 else { return .waitsForCards(waiting) }
        // Cards that are added since the rotation began have both hashes, so that none can lack one now.
        var rotated = state
        (rotated.current, rotated.column, rotated.next, rotated.former) = (
            new.name, state.column.other, nil, state.current
        )
        state = try await change(state, to: rotated)
        _ = try await eraseFormerHashes(state, progress)
        return .complete
    }

    /// Visits all cards in batches, and reports the progress after each.
    private func visitCards(
        _ step: RotationProgress.Step,
        _ report: (RotationProgress) -> Void,
        _ change: ([StoredCard], inout RotationProgress) async throws -> Void
    ) async throws -> RotationProgress {
        var progress = RotationProgress(step: step)
        var last: Int64 = 0
        while true {
            try Task.checkCancellation()
            let cards = try await store.cards(after: last, limit: Self.batchCount)
            guard let end = cards.last else { return progress }
            last = end.id
            try await change(cards, &progress)
            progress.visited += cards.count
            report(progress)
        }
    }

    /// Gives every card a hash under the new key, and returns the number of those that must wait for their PANs.
    private func hashCards(
        _ new: PANLookupKey,
        _ state: RegistryState,
        _ report: (RotationProgress) -> Void
    ) async throws -> Int {
        try await visitCards(.hashing, report) { cards, progress in
            var hashes: [Int64: PANHash] = [:]
            for card in cards {
                let hash = card.hashes.first { $0.version == new.name.version }
                guard let pan = try openSealed(card) else {
                    if hash == nil { progress.waiting += 1 }
                    continue
                }
                let computed = try new.hash(of: pan)
                // A card with the PAN of another, or with a hash of an unknown key, would not be found afterwards.
                guard try card.hashes.contains(key(state.current).hash(of: pan)), hash == nil || hash == computed else {
                    throw KMError(.registryDamaged, "the hashes of card \(card.id) are not those of its PAN")
                }
                if hash == nil { hashes[card.id] = computed }
            }
            if !hashes.isEmpty { try await blocking { try await store.setNextHashes(hashes, state) } }
            progress.changed += hashes.count
        }.waiting
    }

    private func eraseFormerHashes(
        _ state: RegistryState,
        _ report: (RotationProgress) -> Void
    ) async throws -> RegistryState {
        _ = try await visitCards(.erasing, report) { cards, progress in
            let ids = cards.filter { $0.hashes.count > 1 }.map(\.id)
            guard let first = ids.first, let last = ids.last else { return }
            try await blocking { try await store.eraseFormerHashes(first...last, state) }
            progress.changed += ids.count
        }
        var cleaned = state
        cleaned.former = nil
        return try await change(state, to: cleaned)
    }

    private func change(_ expected: RegistryState, to state: RegistryState) async throws -> RegistryState {
        try await blocking {
            let changed = try await store.change(expected, to: state)
            try await refresh()
            return changed
        }
    }

    /// Calls `body`, and says what to do if another process rotates the keys.
    private func blocking<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as KMError where error.code == .registryChanged {
            throw KMError(
                .registryRotationBlocked,
                "another process rotates the keys of this registry; call again later"
            )
        }
    }

    /// Encrypts every kept PAN under the first sealing key, while the registry is in use.
    ///
    /// First give every process that uses the registry both keys, the new one first. If the call or the process is
    /// ended, call it again. Remove the former key when a call has changed nothing.
    ///
    /// - Parameter progress: Receives the progress after each batch.
    /// - Returns: The number of PANs that were encrypted again.
    /// - Throws: ``KMError`` `registryKeyMismatch` if a sealing key is missing, `registryDamaged` if a sealed PAN does
    ///   not open, `registryUnavailable`, or `CancellationError`.
    public func rotateSealingKey(progress: (RotationProgress) -> Void = { _ in }) async throws -> Int {
        guard let new = configuration.sealingKeys.first else {
            throw KMError(.registryKeyMismatch, "no sealing key was given")
        }
        return try await visitCards(.resealing, progress) { cards, progress in
            var sealed: [Int64: SealedPAN] = [:]
            for card in cards where card.sealed.map({ $0.version != new.name.version }) == true {
                guard let pan = try openSealed(card) else { continue }
                sealed[card.id] = try new.seal(pan, for: card.par)
            }
            if !sealed.isEmpty { try await store.reseal(sealed) }
            progress.changed += sealed.count
        }.changed
    }

    /// Decrypts the PAN of a card; nil if the registry does not keep it.
    func openSealed(_ card: StoredCard) throws -> PAN? {
        guard let sealed = card.sealed else { return nil }
        guard let key = configuration.sealingKeys.first(where: { $0.name.version == sealed.version }) else {
            throw KMError(.registryKeyMismatch, "card \(card.id) needs the sealing key with version \(sealed.version)")
        }
        do {
            return try key.open(sealed, for: card.par)
        } catch let error as KMError where error.code == .authenticationFailed {
            throw KMError(
                .registryDamaged,
                "the PAN of card \(card.id) does not open with the sealing key of version \(sealed.version), check value "
                    + "\(key.name.keyCheckValue): the key is another one, or the card was changed"
            )
        }
    }
}
