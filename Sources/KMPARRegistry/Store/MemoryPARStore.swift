public import Foundation
public import KMSecurity

/// A store in the memory of the process, for tests and trials. It is empty after a restart.
public actor MemoryPARStore: PARRegistryStore {
    private var currentState: RegistryState?
    private var accounts: [PAR: StoredAccount] = [:]
    /// The cards in the order of their numbers; erased ones are missing.
    private var cards: [Int64: StoredCard] = [:]
    private var index: [PANHash: Int64] = [:]
    private var lastID: Int64 = 0
    private var accessCount = 0

    /// Creates an empty store.
    public init() {}

    /// See ``PARRegistryStore/prepare(lookupKey:)``.
    public func prepare(lookupKey: RegistryKeyName?) throws -> RegistryState {
        if currentState == nil, let lookupKey {
            currentState = RegistryState(epoch: 1, current: lookupKey, column: .a)
        }
        return try state()
    }

    /// See ``PARRegistryStore/state()``.
    public func state() throws -> RegistryState {
        guard let currentState else {
            throw KMError(.registryUnavailable, "the store has no registry; create the registry first")
        }
        return currentState
    }

    private func expect(_ expected: RegistryState) throws {
        guard try state() == expected else { throw KMError(.registryChanged) }
    }

    /// See ``PARRegistryStore/pars(of:_:)``.
    public func pars(of hashes: [PANHash], _ state: RegistryState) throws -> [FoundPAR?] {
        try expect(state)
        return hashes.map { hash in
            index[hash].flatMap { cards[$0] }.map { card in
                FoundPAR(
                    par: card.par,
                    isSealed: card.sealed != nil,
                    lacksNextHash: state.next != nil && card.hashes.count < 2
                )
            }
        }
    }

    /// See ``PARRegistryStore/add(_:_:)``.
    public func add(_ cards: [NewCard], _ state: RegistryState) throws -> [CardAddition] {
        try expect(state)
        return cards.map(add)
    }

    private func add(_ card: NewCard) -> CardAddition {
        for hash in card.hashes {
            guard let id = index[hash], let known = cards[id] else { continue }
            // A card that lacked the next hash or the encrypted PAN gets it with the first use of its PAN.
            for hash in card.hashes where index[hash] == nil {
                cards[id]?.hashes.append(hash)
                index[hash] = id
            }
            if known.sealed == nil, known.par == card.placement.par { cards[id]?.sealed = card.sealed }
            if case .replacing(let former, _) = card.placement, known.replaces == nil || known.replaces != index[former]
            {
                return .replacesOther
            }
            return .exists(known.par)
        }
        let par = card.placement.par
        let account = accounts[par]
        var replaces: Int64?
        switch card.placement {
        case .newAccount: if account != nil { return .parTaken }
        case .givenAccount: if account?.erased != nil { return .accountErased }
        case .account:
            guard let account else { return .noAccount }
            if account.erased != nil { return .accountErased }
        case .replacing(let hash, _):
            guard let id = index[hash], let former = cards[id], former.par == par else { return .noCard }
            if former.replaced != nil { return .alreadyReplaced }
            cards[id]?.replaced = card.date
            replaces = id
        }
        if account == nil {
            let origin = if case .newAccount(_, let origin) = card.placement { origin } else { PAROrigin.given }
            accounts[par] = StoredAccount(par: par, origin: origin, created: card.date, erased: nil)
        }
        lastID += 1
        cards[lastID] = StoredCard(
            id: lastID,
            par: par,
            kind: card.kind,
            lastFour: card.lastFour,
            hashes: card.hashes,
            sealed: card.sealed,
            created: card.date,
            replaced: nil,
            replaces: replaces,
            isFirst: account == nil
        )
        for hash in card.hashes { index[hash] = lastID }
        return .added(par)
    }

    /// See ``PARRegistryStore/erase(_:_:at:)``.
    public func erase(_ par: PAR, _ access: RegistryAccess, at date: Date) -> Int? {
        accessCount += 1
        guard let account = accounts[par] else { return nil }
        if account.erased == nil { accounts[par]?.erased = date }
        let erased = cards.values.filter { $0.par == par }
        for card in erased {
            cards[card.id] = nil
            for hash in card.hashes { index[hash] = nil }
        }
        return erased.count
    }

    /// See ``PARRegistryStore/history(of:_:at:)``.
    public func history(
        of par: PAR,
        _ access: RegistryAccess,
        at date: Date
    ) -> (account: StoredAccount, cards: [StoredCard])? {
        accessCount += 1
        guard let account = accounts[par] else { return nil }
        return (account, cards.values.filter { $0.par == par }.sorted { $0.id < $1.id })
    }

    /// See ``PARRegistryStore/cards(after:limit:)``.
    public func cards(after id: Int64, limit: Int) -> [StoredCard] {
        guard id < lastID else { return [] }
        return Array((max(id, 0) + 1...lastID).lazy.compactMap { self.cards[$0] }.prefix(limit))
    }

    /// See ``PARRegistryStore/cards(_:)``.
    public func cards(_ ids: Set<Int64>) -> [Int64: StoredCard] { cards.filter { ids.contains($0.key) } }

    /// See ``PARRegistryStore/accounts(after:limit:)``.
    public func accounts(after par: PAR?, limit: Int) -> [StoredAccount] {
        let later = accounts.values.filter { account in par.map { account.par.text > $0.text } ?? true }
        return Array(later.sorted { $0.par.text < $1.par.text }.prefix(limit))
    }

    /// See ``PARRegistryStore/accounts(_:)``.
    public func accounts(_ pars: Set<PAR>) -> [PAR: StoredAccount] { accounts.filter { pars.contains($0.key) } }

    /// See ``PARRegistryStore/firstCardCounts(_:)``.
    public func firstCardCounts(_ pars: Set<PAR>) -> [PAR: Int] {
        cards.values.reduce(into: [:]) { counts, card in
            if card.isFirst, pars.contains(card.par) { counts[card.par, default: 0] += 1 }
        }
    }

    /// See ``PARRegistryStore/statistics()``.
    public func statistics() throws -> RegistryStatistics {
        let next = try state().next
        var result = RegistryStatistics()
        result.erasedAccounts = accounts.values.count { $0.erased != nil }
        result.accounts = accounts.count - result.erasedAccounts
        result.accesses = accessCount
        for card in cards.values {
            result.cards[card.kind, default: 0] += 1
            if card.replaced != nil { result.replacedCards += 1 }
            if let sealed = card.sealed { result.sealedCards[sealed.version, default: 0] += 1 }
            if let next, !card.hashes.contains(where: { $0.version == next.version }) {
                result.cardsWithoutNextHash += 1
            }
        }
        return result
    }

    /// See ``PARRegistryStore/change(_:to:)``.
    public func change(_ expected: RegistryState, to state: RegistryState) throws -> RegistryState {
        try expect(expected)
        var state = state
        state.epoch = expected.epoch + 1
        currentState = state
        return state
    }

    /// See ``PARRegistryStore/setNextHashes(_:_:)``.
    public func setNextHashes(_ hashes: [Int64: PANHash], _ state: RegistryState) throws {
        try expect(state)
        for (id, hash) in hashes where index[hash] == nil && cards[id] != nil {
            cards[id]?.hashes.append(hash)
            index[hash] = id
        }
    }

    /// See ``PARRegistryStore/eraseRetiredHashes(_:_:)``.
    public func eraseRetiredHashes(_ ids: ClosedRange<Int64>, _ state: RegistryState) throws {
        try expect(state)
        guard let retired = state.retired else { return }
        for id in ids {
            for hash in cards[id]?.hashes ?? [] where hash.version == retired.version { index[hash] = nil }
            cards[id]?.hashes.removeAll { $0.version == retired.version }
        }
    }

    /// See ``PARRegistryStore/reseal(_:)``.
    public func reseal(_ sealed: [Int64: SealedPAN]) {
        for (id, sealed) in sealed { cards[id]?.sealed = sealed }
    }

    /// See ``PARRegistryStore/eraseSealed(_:)``.
    public func eraseSealed(_ ids: Set<Int64>) {
        for id in ids { cards[id]?.sealed = nil }
    }

    /// Does nothing.
    public func close() {}
}
