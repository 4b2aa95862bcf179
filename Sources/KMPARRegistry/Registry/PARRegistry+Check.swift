internal import KMSecurity

extension PARRegistry {
    /// A contradiction in the content of a registry.
    public struct Inconsistency: Sendable, Hashable, CustomStringConvertible {
        /// What is wrong, without any part of a PAN.
        public let description: String
    }

    /// What a check of a registry has looked at.
    public struct CheckResult: Sendable, Hashable {
        /// The number of cards.
        public var cards = 0
        /// The number of accounts.
        public var accounts = 0
        /// The number of hashes that were computed again from a kept PAN.
        public var recomputedHashes = 0
        /// The number of derived PARs that were derived again from a kept PAN.
        public var rederivedPARs = 0
        /// The first contradictions, at most 1000.
        public var inconsistencies: [Inconsistency] = []
        /// The number of contradictions.
        public var inconsistencyCount = 0
    }

    /// Checks that hashes, chains of replaced cards, and reserved PARs agree.
    ///
    /// It reads every card and account, in constant memory, while the registry may be in use. For each card it checks
    /// that it has a hash under each key that it needs and no other, that the account exists and was not erased, and
    /// that a replaced card is older than the card that replaces it, has the same PAR, and is replaced only once. If the
    /// PAN is kept, it computes the hashes again, and the PAR if it is derived.
    ///
    /// - Parameter progress: Receives the number of cards after each batch.
    /// - Returns: What was checked, and what is wrong.
    /// - Throws: ``KMError`` `registryKeyMismatch` if a sealing key is missing, `registryUnavailable`, or
    ///   `CancellationError`.
    public func check(progress: (Int) -> Void = { _ in }) async throws -> CheckResult {
        var result = CheckResult()
        try await checkCards(&result, progress)
        var last: PAR?
        while true {
            try Task.checkCancellation()
            let accounts = try await store.accounts(after: last, limit: 5000)
            guard let end = accounts.last else { return result }
            last = end.par
            result.accounts += accounts.count
        }
    }

    private func checkCards(_ result: inout CheckResult, _ progress: (Int) -> Void) async throws {
        var last: Int64 = 0
        while true {
            try Task.checkCancellation()
            // Another process can rotate the keys during the check.
            let before = try await refresh()
            let cards = try await store.cards(after: last, limit: 5000)
            guard let end = cards.last else { return }
            let accounts = try await store.accounts(Set(cards.map(\.par)))
            guard try await refresh() == before else { continue }
            var found: [Inconsistency] = []
            for card in cards {
                try check(card, accounts[card.par], before, &result, &found)
            }
            found += try await checkChains(cards)
            // An account that is erased meanwhile is not a contradiction.
            if !found.isEmpty { found = try await confirmed(found, cards, before) }
            last = end.id
            result.cards += cards.count
            result.inconsistencyCount += found.count
            result.inconsistencies += found.prefix(1000 - result.inconsistencies.count)
            progress(result.cards)
        }
    }

    /// The contradictions that are there when the cards are read again.
    private func confirmed(
        _ found: [Inconsistency],
        _ cards: [StoredCard],
        _ state: RegistryState
    ) async throws -> [Inconsistency] {
        guard let first = cards.first else { return [] }
        let again = try await store.cards(after: first.id - 1, limit: cards.count)
        let accounts = try await store.accounts(Set(again.map(\.par)))
        var (ignored, still): (CheckResult, [Inconsistency]) = (CheckResult(), [])
        for card in again { try check(card, accounts[card.par], state, &ignored, &still) }
        still += try await checkChains(again)
        let both = Set(found)
        return still.filter(both.contains)
    }

    private func check(
        _ card: StoredCard,
        _ account: StoredAccount?,
        _ state: RegistryState,
        _ result: inout CheckResult,
        _ found: inout [Inconsistency]
    ) throws {
        func note(_ text: String) { found.append(Inconsistency(description: "card \(card.id): \(text)")) }
        let versions = card.hashes.map(\.version)
        if !versions.contains(state.current.version) {
            note("it has no hash under the look-up key with version \(state.current.version), so that it is not found")
        }
        let known = [state.current, state.next, state.former].compactMap { $0?.version }
        for version in versions where !known.contains(version) { note("it has a hash under an unknown key") }
        guard let account else { return note("there is no account with its PAR") }
        if account.erased != nil { note("the account with its PAR was erased") }
        if card.id == card.replaces { note("it replaces itself") }
        guard card.sealed != nil else { return }
        let opened: PAN?
        do {
            opened = try openSealed(card)
        } catch let error as KMError where error.code == .registryDamaged {
            return note(error.detail)
        }
        guard let pan = opened else { return }
        if pan.lastFour != card.lastFour { note("its last four digits are not those of its PAN") }
        for hash in card.hashes {
            guard let key = configuration.lookupKeys.first(where: { $0.name.version == hash.version }) else { continue }
            result.recomputedHashes += 1
            if try key.hash(of: pan) != hash { note("its hash under version \(hash.version) is not that of its PAN") }
        }
        guard account.origin == .derived, card.isFirst, case .derived(let tokenizer) = configuration.assignment
        else { return }
        result.rederivedPARs += 1
        if try tokenizer.version(of: card.par, for: pan) == nil {
            note("its PAR is not derived from its PAN under any given tokenization key")
        }
    }

    /// Checks the chains of replaced cards that end in `cards`.
    private func checkChains(_ cards: [StoredCard]) async throws -> [Inconsistency] {
        let replacing = cards.filter { $0.replaces != nil }
        guard !replacing.isEmpty else { return [] }
        let former = try await store.cards(Set(replacing.compactMap(\.replaces)))
        var found: [Inconsistency] = []
        var successors: [Int64: Int64] = [:]
        for card in replacing {
            guard let id = card.replaces else { continue }
            func note(_ text: String) { found.append(Inconsistency(description: "card \(card.id): \(text)")) }
            if let other = successors.updateValue(card.id, forKey: id) { note("card \(other) replaces card \(id) too") }
            guard let replaced = former[id] else {
                note("the card that it replaces, \(id), does not exist")
                continue
            }
            if id >= card.id { note("it replaces a card that was added later") }
            if replaced.par != card.par { note("the card that it replaces has another PAR") }
            if replaced.replaced == nil { note("the card that it replaces is not marked as replaced") }
        }
        return found
    }
}
