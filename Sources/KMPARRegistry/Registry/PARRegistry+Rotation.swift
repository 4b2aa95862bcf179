internal import KMSecurity

extension PARRegistry {
    /// How far a rotation is.
    public struct RotationProgress: Sendable, Hashable {
        /// The part of a rotation that is in progress.
        public enum Step: String, Sendable, Hashable {
            /// Cards get hashes under the next look-up key.
            case hashing
            /// Hashes under the retired look-up key are erased.
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
        /// The number of cards that were skipped, because their sealed PAN does not open, or has other hashes.
        ///
        /// ``PARRegistry/check(progress:)`` names them.
        public var damaged = 0
    }

    /// The result of a rotation of the look-up key.
    public enum LookupRotation: Sendable, Hashable {
        /// Every card has a hash under the new key only. Remove the retired key.
        case complete
        /// Some cards have no hash under the new key. Keep both keys, and call the rotation again later.
        ///
        /// The first number counts cards whose PANs the registry does not have: each gets its hash with its next
        /// ``PARRegistry/par(for:_:)`` or import. The second counts cards whose hashes are not those of their sealed PAN:
        /// ``PARRegistry/check(progress:)`` names them, and `erasesDamaged` erases their sealed PANs.
        case incomplete(waiting: Int, damaged: Int)
    }

    /// Changes the registry to another look-up key, while it is in use.
    ///
    /// First give every process that uses the registry both keys. Then call this from one process. Cards get a second
    /// hash one after another, and new cards get both; look-ups use the old key until each card has the new hash.
    /// Then the registry changes to the new key, and the hashes under the old one are erased. No PAR changes.
    ///
    /// If the call or the process is ended, call it again: it reads all cards again, and changes those that are left.
    /// ``cancelLookupRotation(of:progress:)`` gives a rotation up.
    ///
    /// - Parameters:
    ///   - version: The version of the new key, which the configuration must have.
    ///   - erasesDamaged: Whether to erase sealed PANs that do not open, or have other hashes. Each card then gets its PAN
    ///     sealed again with its next ``par(for:_:)`` or import.
    ///   - progress: Receives the progress after each batch.
    /// - Returns: Whether the rotation is complete.
    /// - Throws: ``KMError`` `registryKeyMismatch` if the configuration lacks the key or a sealing key,
    ///   `registryRotationBlocked` if a rotation to another key is in progress or another process rotates this one,
    ///   `registryUnavailable`, or `CancellationError`.
    public func rotateLookupKey(
        to version: UInt32,
        erasesDamaged: Bool = false,
        progress: (RotationProgress) -> Void = { _ in }
    ) async throws -> LookupRotation {
        guard let new = configuration.lookupKeys.first(where: { $0.name.version == version }) else {
            throw KMError(.registryKeyMismatch, "no look-up key with version \(version) was given; give both keys")
        }
        var rotation = RegistryRotation(store, try await refresh())
        try await rotation.eraseRetiredHashes(progress)
        if rotation.state.current == new.name, rotation.state.next == nil { return .complete }
        if let next = rotation.state.next {
            guard next == new.name else {
                throw KMError(
                    .registryRotationBlocked,
                    "a rotation to the look-up key with \(next) is in progress; complete it or cancel it first"
                )
            }
        } else {
            try await rotation.change { $0.next = new.name }
        }
        let hashed = try await hashCards(new, &rotation, erasesDamaged, progress)
        guard hashed.waiting == 0, hashed.damaged == 0 else {
            return .incomplete(waiting: hashed.waiting, damaged: hashed.damaged)
        }
        // Cards that are added since the rotation began have both hashes, so that none can lack one now.
        try await rotation.change { state in
            (state.next, state.retired) = (nil, state.current)
            (state.current, state.column) = (new.name, state.column.other)
        }
        try await refresh()
        try await rotation.eraseRetiredHashes(progress)
        return .complete
    }

    /// Gives every card a hash under the new key, as far as the registry has its PAN.
    private func hashCards(
        _ new: PANLookupKey,
        _ rotation: inout RegistryRotation,
        _ erasesDamaged: Bool,
        _ report: (RotationProgress) -> Void
    ) async throws -> RotationProgress {
        let current = try key(rotation.state.current)
        return try await rotation.visitCards(.hashing, report) { rotation, cards, progress in
            try await learnSealingKeys(of: cards)
            var hashes: [Int64: PANHash] = [:]
            var damaged = Set<Int64>()
            for card in cards {
                let hash = card.hashes.first { $0.version == new.name.version }
                switch try openSealed(card) {
                case .absent: if hash == nil { progress.waiting += 1 }
                case .damaged:
                    damaged.insert(card.id)
                    // It gets its hash with its next use, like a card without a sealed PAN.
                    if hash == nil { progress.waiting += 1 }
                case .opened(let pan):
                    let computed = try new.hash(of: pan)
                    // A card with the PAN of another, or with a hash of an unknown key, would not be found afterwards.
                    guard try card.hashes.contains(current.hash(of: pan)), hash == nil || hash == computed else {
                        damaged.insert(card.id)
                        if !erasesDamaged { progress.damaged += 1 } else if hash == nil { progress.waiting += 1 }
                        continue
                    }
                    if hash == nil { hashes[card.id] = computed }
                }
            }
            if !hashes.isEmpty { try await rotation.perform { try await store.setNextHashes(hashes, $0) } }
            if erasesDamaged, !damaged.isEmpty { try await store.eraseSealed(damaged) }
            progress.changed += hashes.count
        }
    }

    /// Gives up a rotation of the look-up key that is not complete, and erases the hashes under the next key.
    ///
    /// The registry goes on with the current key. It needs no key, so that it works if the next key is lost. If the call
    /// is ended, call it again: it erases the hashes that are left.
    ///
    /// - Parameters:
    ///   - store: The store of the registry.
    ///   - progress: Receives the progress after each batch.
    /// - Returns: The name of the look-up key whose hashes were erased; nil if no rotation is in progress.
    /// - Throws: ``KMError`` `registryRotationBlocked` if another process rotates the keys, `registryUnavailable`, or
    ///   `CancellationError`.
    public static func cancelLookupRotation(
        of store: any PARRegistryStore,
        progress: (RotationProgress) -> Void = { _ in }
    ) async throws -> RegistryKeyName? {
        var rotation = RegistryRotation(store, try await store.prepare(lookupKey: nil))
        if let next = rotation.state.next {
            try await rotation.change { state in (state.next, state.retired) = (nil, next) }
        }
        let retired = rotation.state.retired
        try await rotation.eraseRetiredHashes(progress)
        return retired
    }

    /// Encrypts every kept PAN under the first sealing key, while the registry is in use.
    ///
    /// First give every process that uses the registry both keys, the new one first. If the call or the process is
    /// ended, call it again. Remove the retired key when a call has neither changed nor skipped a card.
    ///
    /// - Parameters:
    ///   - erasesDamaged: Whether to erase sealed PANs that do not open. Each card then gets its PAN sealed again with its
    ///     next ``par(for:_:)`` or import.
    ///   - progress: Receives the progress after each batch.
    /// - Returns: The numbers of cards that were visited, changed and skipped, or erased.
    /// - Throws: ``KMError`` `registryKeyMismatch` if a sealing key is missing, `registryUnavailable`, or
    ///   `CancellationError`.
    public func rotateSealingKey(
        erasesDamaged: Bool = false,
        progress: (RotationProgress) -> Void = { _ in }
    ) async throws -> RotationProgress {
        guard let new = configuration.sealingKeys.first else {
            throw KMError(.registryKeyMismatch, "no sealing key was given")
        }
        try await refresh()
        var rotation = RegistryRotation(store, try await withState { try await remember(new.name, $0) })
        return try await rotation.visitCards(.resealing, progress) { _, cards, progress in
            try await learnSealingKeys(of: cards)
            var sealed: [Int64: SealedPAN] = [:]
            var damaged = Set<Int64>()
            for card in cards where card.sealed.map({ $0.version != new.name.version }) == true {
                switch try openSealed(card) {
                case .absent: continue
                case .damaged: damaged.insert(card.id)
                case .opened(let pan): sealed[card.id] = try new.seal(pan, for: card.par)
                }
            }
            if !sealed.isEmpty { try await store.reseal(sealed) }
            if erasesDamaged, !damaged.isEmpty { try await store.eraseSealed(damaged) }
            progress.changed += sealed.count
            progress.damaged += damaged.count
        }
    }

    /// Reads the state again if a card has a sealing key that it lacks.
    ///
    /// Another process can begin to use a new key at any time. Without this, its sealed PANs would look damaged.
    func learnSealingKeys(of cards: [StoredCard]) async throws {
        let known = Set(knownState.sealingKeys.map(\.version))
        guard cards.contains(where: { $0.sealed.map { !known.contains($0.version) } ?? false }) else { return }
        try await refresh()
    }

    /// What became of the encrypted PAN of a card.
    enum OpenedPAN {
        /// The registry does not keep it.
        case absent
        /// It does not open: it was changed, or belongs to another account.
        case damaged
        case opened(PAN)
    }

    /// Decrypts the PAN of a card.
    func openSealed(_ card: StoredCard) throws -> OpenedPAN {
        guard let sealed = card.sealed else { return .absent }
        // No key ever had this version.
        guard knownState.sealingKeys.contains(where: { $0.version == sealed.version }) else { return .damaged }
        guard let key = configuration.sealingKeys.first(where: { $0.name.version == sealed.version }) else {
            throw KMError(.registryKeyMismatch, "card \(card.id) needs the sealing key with version \(sealed.version)")
        }
        do {
            return .opened(try key.open(sealed, for: card.par))
        } catch let error as KMError where error.code == .authenticationFailed {
            return .damaged
        }
    }
}
