internal import Foundation
internal import KMPrimitives
public import KMSecurity

/// Assigns one PAR to each account for life, and finds it again by any of the account's cards.
///
/// An account is a PAN, the PANs that replaced it, its mobile card and its tokens. The registry keeps no clear PAN: it
/// finds a card by a keyed hash, and keeps the PAN encrypted only if you give it a ``PANSealingKey``.
///
/// A derived PAR without a registry is enough until a card is reissued, because the new PAN derives another PAR.
///
/// Create one registry per process and reuse it. Many tasks can use it at the same time, and many processes can share a
/// store. Calls of many tasks are sent to the store together.
public final class PARRegistry: Sendable {
    let store: any PARRegistryStore
    let configuration: Configuration
    private let known: Locked<RegistryState>
    /// The change of the store that adds the first sealing key, while it is in progress.
    private let remembering = Locked<Task<RegistryState, any Error>?>(nil)
    private let finder: Batcher<Query<PANHash>, Answer<FoundPAR?>>
    private let adder: Batcher<Query<NewCard>, Answer<CardAddition>>

    /// An input for the store, with the state to which its hashes belong.
    private struct Query<Input: Sendable>: Sendable {
        let input: Input
        let state: RegistryState
    }

    /// What the store answered; nil if it had another state.
    private struct Answer<Output: Sendable>: Sendable {
        let output: Output?
    }

    /// Opens a registry, or creates it.
    ///
    /// - Parameters:
    ///   - store: The store.
    ///   - configuration: The keys and the way of assigning PARs.
    ///   - creates: Whether a registry is created if the store has none. Set it once, when you begin. In a new registry
    ///     every card gets a new PAR, so that a wrong name of a database must be an error later.
    /// - Throws: ``KMError`` `registryUnavailable` if the store does not answer, or has no registry and `creates` is false;
    ///   `registryKeyMismatch` if the store needs a look-up key that the configuration lacks, or remembers another key
    ///   with the same version; `keyVersionRepeated` if two keys of one kind have the same version; `keysEqual` if two
    ///   keys, or a key and a tokenization key, have the same bytes.
    public init(_ store: any PARRegistryStore, _ configuration: Configuration, creates: Bool = false) async throws {
        try configuration.check()
        self.store = store
        self.configuration = configuration
        let state = try await store.prepare(lookupKey: creates ? configuration.lookupKeys[0].name : nil)
        try configuration.check(state)
        known = Locked(state)
        finder = Batcher(largestBatch: 1000, parallelCount: configuration.parallelBatchCount) { queries in
            try await Self.process(queries) { try await store.pars(of: $0, $1) }
        }
        adder = Batcher(largestBatch: 1000, parallelCount: configuration.parallelBatchCount) { queries in
            try await Self.process(queries) { try await store.add($0, $1) }
        }
    }

    private static func process<Input, Output>(
        _ queries: [Query<Input>],
        _ call: ([Input], RegistryState) async throws -> [Output]
    ) async throws -> [Answer<Output>] {
        guard let state = queries.map(\.state).max(by: { $0.epoch < $1.epoch }) else { return [] }
        let current = queries.filter { $0.state == state }
        do {
            let outputs = try await call(current.map(\.input), state)
            guard outputs.count == current.count else {
                throw KMError(.registryDamaged, "the store returned \(outputs.count) results for \(current.count)")
            }
            var rest = outputs.makeIterator()
            return queries.map { Answer(output: $0.state == state ? rest.next() : nil) }
        } catch let error as KMError where error.code == .registryChanged {
            return queries.map { _ in Answer(output: nil) }
        }
    }

    // MARK: Single cards

    /// Returns the PAR of a card, and assigns one if it has none.
    ///
    /// Simultaneous first uses of one card, in any number of processes, get the same PAR.
    ///
    /// - Parameters:
    ///   - pan: The PAN, or a token.
    ///   - kind: What kind of number it is, which is kept if the registry does not know it yet.
    /// - Returns: The PAR.
    /// - Throws: ``KMError`` `registryUnavailable` if the store does not answer, or `registryKeyMismatch` if it changed
    ///   to a look-up key that the configuration lacks.
    public func par(for pan: PAN, _ kind: CardKind = .physical) async throws -> PAR {
        if let found = try await find(pan), let par = try await complete(found, pan, kind) { return par }
        return try await assign(pan, kind)
    }

    /// Stores what the store lacks of a card and only its PAN gives: the next hash, and the sealed PAN.
    ///
    /// - Returns: The PAR; nil if the account was erased meanwhile.
    private func complete(_ found: FoundPAR, _ pan: PAN, _ kind: CardKind) async throws -> PAR? {
        guard found.lacksNextHash || !found.isSealed && !configuration.sealingKeys.isEmpty else { return found.par }
        switch try await withState({ try await add(pan, kind, .account(found.par), $0) }) {
        case .added(let par), .exists(let par): return par
        default: return nil
        }
    }

    /// Returns the PAR of a card, if it has one.
    ///
    /// - Parameter pan: The PAN, or a token.
    /// - Returns: The PAR; nil if the registry does not know the card.
    /// - Throws: As ``par(for:_:)``.
    public func existingPAR(for pan: PAN) async throws -> PAR? { try await find(pan)?.par }

    private func find(_ pan: PAN) async throws -> FoundPAR? {
        try await withState { state in
            let hash = try key(state.current).hash(of: pan)
            guard let found = try await finder.output(of: Query(input: hash, state: state)).output else {
                throw KMError(.registryChanged)
            }
            return found
        }
    }

    /// Adds a card to the account with the given PAR, which is created if it does not exist.
    ///
    /// Use it to take over the assignments of another registry.
    ///
    /// - Parameters:
    ///   - pan: The PAN, or a token.
    ///   - par: The PAR.
    ///   - kind: What kind of number it is.
    /// - Returns: Whether the card was added; false if it has this PAR already.
    /// - Throws: ``KMError`` `cardConflict` if the card has another PAR, `parErased` if the account was erased, or as
    ///   ``par(for:_:)``.
    @discardableResult
    public func add(_ pan: PAN, with par: PAR, _ kind: CardKind = .physical) async throws -> Bool {
        try await place(pan, kind, .givenAccount(par))
    }

    /// Adds a card to an existing account, such as a token or the mobile card of a physical one.
    ///
    /// - Parameters:
    ///   - pan: The PAN, or a token.
    ///   - par: The PAR of the account.
    ///   - kind: What kind of number it is.
    /// - Returns: Whether the card was added; false if it belongs to the account already.
    /// - Throws: ``KMError`` `parUnknown` if there is no account with this PAR, `parErased` if it was erased,
    ///   `cardConflict` if the card has another PAR, or as ``par(for:_:)``.
    @discardableResult
    public func link(_ pan: PAN, to par: PAR, _ kind: CardKind) async throws -> Bool {
        try await place(pan, kind, .account(par))
    }

    /// Replaces a card with a new one, which gets the same PAR.
    ///
    /// The former card is still found, because payments can be returned to it.
    ///
    /// - Parameters:
    ///   - pan: The PAN of the card that is replaced.
    ///   - newPAN: The PAN of the new card.
    ///   - kind: What kind of number the new one is.
    /// - Returns: The PAR of both.
    /// - Throws: ``KMError`` `cardUnknown` if the registry does not have the former card, `cardReplaced` if another
    ///   card replaced it, `cardConflict` if the new card has another PAR or does not replace the former one, or as
    ///   ``par(for:_:)``. If the new card replaces the former one already, the call succeeds.
    @discardableResult
    public func reissue(_ pan: PAN, as newPAN: PAN, _ kind: CardKind = .physical) async throws -> PAR {
        guard pan != newPAN else { throw KMError(.cardConflict, "a card cannot replace itself") }
        guard let found = try await find(pan), let par = try await complete(found, pan, .physical) else {
            throw KMError(.cardUnknown, "the card to replace is not in the registry")
        }
        let addition = try await withState { state in
            let hash = try key(state.current).hash(of: pan)
            return try await add(newPAN, kind, .replacing(hash, par), state)
        }
        try check(addition, par)
        return par
    }

    /// Adds a card, and checks that it has the PAR of its placement.
    private func place(_ pan: PAN, _ kind: CardKind, _ placement: CardPlacement) async throws -> Bool {
        let addition = try await withState { try await add(pan, kind, placement, $0) }
        try check(addition, placement.par)
        return addition == .added(placement.par)
    }

    private func check(_ addition: CardAddition, _ par: PAR) throws {
        switch addition {
        case .added(par), .exists(par): return
        case .added, .exists:
            throw KMError(.cardConflict, "the card has another PAR; erase that account first if it is wrong")
        case .parTaken: throw KMError(.cardConflict, "another account has this PAR")
        case .noAccount: throw KMError(.parUnknown, "no account has this PAR")
        case .accountErased:
            throw KMError(.parErased, "the account with this PAR was erased; its PAR is not used again")
        case .replacesOther:
            throw KMError(
                .cardConflict,
                "the registry has the new card already, and it does not replace the former one"
            )
        case .noCard: throw KMError(.cardUnknown, "the card to replace is not in the registry")
        case .alreadyReplaced: throw KMError(.cardReplaced, "another card has replaced this one")
        }
    }

    private func assign(_ pan: PAN, _ kind: CardKind) async throws -> PAR {
        // The account that had a derived PAR can have been erased. No account has a new random one in practice.
        for attempt in 0..<4 {
            let placement = try await configuration.assignment.placement(for: pan, isFirst: attempt == 0)
            let addition = try await withState { try await add(pan, kind, placement, $0) }
            switch addition {
            case .added(let par), .exists(let par): return par
            case .parTaken: continue
            default: throw KMError(.registryDamaged, "the store answered \(addition) to a first use")
            }
        }
        throw KMError(.registryDamaged, "four PARs in a row belong to other accounts")
    }

    private func add(
        _ pan: PAN,
        _ kind: CardKind,
        _ placement: CardPlacement,
        _ state: RegistryState
    ) async throws -> CardAddition {
        var state = state
        let sealingKey = configuration.sealingKeys.first
        if let sealingKey { state = try await remember(sealingKey.name, state) }
        let card = NewCard(
            hashes: try state.keys.map { try key($0).hash(of: pan) },
            kind: kind,
            lastFour: pan.lastFour,
            sealed: try sealingKey?.seal(pan, for: placement.par),
            placement: placement,
            date: configuration.clock()
        )
        guard let addition = try await adder.output(of: Query(input: card, state: state)).output else {
            throw KMError(.registryChanged)
        }
        return addition
    }

    // MARK: State

    /// Calls `body` with the state of the store, again if another process changes it meanwhile.
    func withState<Result>(_ body: (RegistryState) async throws -> Result) async throws -> Result {
        for _ in 0..<10 {
            do {
                return try await body(known.withLock { $0 })
            } catch let error as KMError where error.code == .registryChanged {
                try await refresh()
            }
        }
        throw KMError(.registryChanged, "the keys of the registry changed ten times during one call")
    }

    /// Makes the store remember a sealing key before it encrypts the first PAN.
    ///
    /// Simultaneous calls share one change of the store.
    ///
    /// - Returns: The state with the key.
    /// - Throws: ``KMError`` `registryChanged` if the store has other look-up keys, or was changed meanwhile; the call is
    ///   then made again with the new state.
    func remember(_ key: RegistryKeyName, _ state: RegistryState) async throws -> RegistryState {
        guard !state.sealingKeys.contains(key) else { return state }
        let change = remembering.withLock { current in
            if let current { return current }
            let change = Task { [store, known] in
                var changed = state
                changed.sealingKeys.append(key)
                let new = try await store.change(state, to: changed)
                known.withLock { $0 = new }
                return new
            }
            current = change
            return change
        }
        defer { remembering.withLock { if $0 == change { $0 = nil } } }
        let new = try await change.value
        guard new.keys == state.keys, new.sealingKeys.contains(key) else { throw KMError(.registryChanged) }
        return new
    }

    /// The state of the store, as far as this process knows.
    var knownState: RegistryState { known.withLock { $0 } }

    /// Reads the state of the store.
    @discardableResult
    func refresh() async throws -> RegistryState {
        let state = try await store.state()
        try configuration.check(state)
        known.withLock { $0 = state }
        return state
    }

    /// The configured key with this name.
    func key(_ name: RegistryKeyName) throws -> PANLookupKey {
        guard let key = configuration.lookupKeys.first(where: { $0.name == name }) else {
            throw KMError(.registryKeyMismatch, "the registry needs the look-up key with \(name)")
        }
        return key
    }

    // MARK: Accounts

    /// Reads the history of an account: its cards with their last four digits, and which replaced which.
    ///
    /// The store logs the access first. Give this privilege to few: the last four digits are a part of the PAN.
    ///
    /// - Parameters:
    ///   - par: The PAR.
    ///   - access: Who reads it and why.
    /// - Returns: The account.
    /// - Throws: ``KMError`` `parUnknown` if there is no account with this PAR, or `registryUnavailable`.
    public func history(of par: PAR, _ access: RegistryAccess) async throws -> AccountHistory {
        guard let (account, cards) = try await store.history(of: par, access, at: configuration.clock()) else {
            throw KMError(.parUnknown, "no account has this PAR")
        }
        return AccountHistory(account, cards)
    }

    /// Erases the cards of an account, their hashes and sealed PANs.
    ///
    /// Its PAR stays reserved, so that no other account gets it. If one of the cards is used again, it gets a random
    /// PAR. Backups of the store, and the free pages of its files until they are used again, still have the cards.
    ///
    /// - Parameters:
    ///   - par: The PAR.
    ///   - access: Who erases it and why, which the store logs.
    /// - Returns: The number of cards, 0 if the account was erased before.
    /// - Throws: ``KMError`` `parUnknown` if there is no account with this PAR, or `registryUnavailable`.
    @discardableResult
    public func erase(_ par: PAR, _ access: RegistryAccess) async throws -> Int {
        guard let count = try await store.erase(par, access, at: configuration.clock()) else {
            throw KMError(.parUnknown, "no account has this PAR")
        }
        return count
    }

    /// Counts what the registry has; it reads every card.
    ///
    /// - Returns: The counts.
    /// - Throws: ``KMError`` `registryUnavailable`.
    public func statistics() async throws -> RegistryStatistics { try await store.statistics() }

    /// Reads which look-up keys the store uses.
    ///
    /// - Returns: The state.
    /// - Throws: ``KMError`` `registryUnavailable`, or `registryKeyMismatch` if the configuration lacks a key.
    public func state() async throws -> RegistryState { try await refresh() }
}

extension PARRegistry: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The way of assigning PARs.
    public var description: String { "PARRegistry(\(configuration.assignment))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension PAN {
    /// The last four digits as a number.
    var lastFour: Int {
        withDigits { digits in
            (digits.count - 4..<digits.count).reduce(0) { 10 * $0 + Int(digits[$1] - UInt8(ascii: "0")) }
        }
    }
}
