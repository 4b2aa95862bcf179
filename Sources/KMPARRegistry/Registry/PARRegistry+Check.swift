internal import KMSecurity

extension PARRegistry {
    /// A contradiction in the content of a registry.
    public struct Inconsistency: Sendable, Hashable, CustomStringConvertible {
        /// What is wrong, without any part of a PAN.
        public let description: String

        init(_ description: String) { self.description = description }

        init(_ card: StoredCard, _ text: String) { self.init("card \(card.id), PAR \(card.par): \(text)") }
    }

    /// What a check of a registry has looked at.
    public struct CheckResult: Sendable {
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
        /// The cards whose derived PAR comes from no given tokenization key: their number, and the first of them.
        var underived: (count: Int, first: Inconsistency)?

        mutating func add(_ found: [Inconsistency]) {
            inconsistencyCount += found.count
            inconsistencies += found.prefix(1000 - inconsistencies.count)
        }
    }

    /// Checks that hashes, chains of replaced cards, and reserved PARs agree.
    ///
    /// It reads every card and account, in constant memory, while the registry may be in use. For each card it checks
    /// that it has a hash under each key that it needs and no other, that the account exists and was not erased, and
    /// that a replaced card is older than the card that replaces it, has the same PAR, and is replaced only once. If the
    /// PAN is kept, it computes the hashes again, and the PAR if it is derived. For each account, it checks that the card
    /// is there for which the account was created.
    ///
    /// - Parameter progress: Receives the number of cards after each batch.
    /// - Returns: What was checked, and what is wrong.
    /// - Throws: ``KMError`` `registryKeyMismatch` if a sealing key is missing, `registryUnavailable`, or
    ///   `CancellationError`.
    public func check(progress: (Int) -> Void = { _ in }) async throws -> CheckResult {
        var result = CheckResult()
        try await checkCards(&result, progress)
        if let (count, first) = result.underived {
            // Another key makes every card wrong, which is one mistake.
            if count > 1, count == result.rederivedPARs {
                result.add([Inconsistency("no derived PAR comes from a given tokenization key; check key and version")])
            } else {
                result.add([first] + (count == 1 ? [] : [Inconsistency("\(count - 1) more cards have such a PAR")]))
            }
        }
        try await checkAccounts(&result)
        return result
    }

    /// Checks that each account still has the card for which it was created, unless it was erased.
    private func checkAccounts(_ result: inout CheckResult) async throws {
        var last: PAR?
        while true {
            try Task.checkCancellation()
            let accounts = try await store.accounts(after: last, limit: 5000)
            guard let end = accounts.last else { return }
            last = end.par
            result.accounts += accounts.count
            let present = accounts.filter { $0.erased == nil }.map(\.par)
            let counts = try await store.firstCardCounts(Set(present))
            let wrong = present.filter { counts[$0] != 1 }
            guard !wrong.isEmpty else { continue }
            // An account can be erased between the two.
            let now = try await store.accounts(Set(wrong))
            result.add(
                wrong.filter { now[$0]?.erased == nil }.map { par in
                    let count = counts[par] ?? 0
                    return Inconsistency("PAR \(par): its account has \(count) first cards; each account has one")
                }
            )
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
                try await check(card, accounts[card.par], before, &result, &found)
            }
            found += try await checkChains(cards)
            // An account that is erased meanwhile is not a contradiction.
            if !found.isEmpty { found = try await confirmed(found, cards, before) }
            last = end.id
            result.cards += cards.count
            result.add(found)
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
        for card in again { try await check(card, accounts[card.par], state, &ignored, &still) }
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
    ) async throws {
        func note(_ text: String) { found.append(Inconsistency(card, text)) }
        let versions = card.hashes.map(\.version)
        if !versions.contains(state.current.version) {
            note("it has no hash under the look-up key with version \(state.current.version), so that it is not found")
        }
        let known = [state.current, state.next, state.retired].compactMap { $0?.version }
        for version in versions where !known.contains(version) { note("it has a hash under an unknown key") }
        guard let account else { return note("there is no account with its PAR") }
        if account.erased != nil { note("the account with its PAR was erased") }
        if card.id == card.replaces { note("it replaces itself") }
        guard card.sealed != nil else { return }
        let pan: PAN
        switch try openSealed(card) {
        case .absent: return
        case .damaged:
            let version = card.sealed?.version ?? 0
            return note("its sealed PAN does not open with sealing key \(version): it, or the PAR, was changed")
        case .opened(let opened): pan = opened
        }
        if pan.lastFour != card.lastFour { note("its last four digits are not those of its PAN") }
        for hash in card.hashes {
            guard let key = configuration.lookupKeys.first(where: { $0.name.version == hash.version }) else { continue }
            result.recomputedHashes += 1
            if try key.hash(of: pan) != hash { note("its hash under version \(hash.version) is not that of its PAN") }
        }
        guard account.origin == .derived, card.isFirst,
            let isRight = try await configuration.assignment.derives(card.par, from: pan)
        else { return }
        result.rederivedPARs += 1
        if !isRight {
            let wrong = Inconsistency(card, "its derived PAR comes from no given tokenization key")
            result.underived = ((result.underived?.count ?? 0) + 1, result.underived?.first ?? wrong)
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
            func note(_ text: String) { found.append(Inconsistency(card, text)) }
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
