public import Foundation
public import KMSecurity

/// A store for the cards and accounts of a ``PARRegistry``.
///
/// It never sees a clear PAN. When a call returns, its effect is durable. A call that throws can have had a part of its
/// effect, so every call can be made again. Several processes can use one store at the same time. Calls throw ``KMError`` `registryUnavailable` if the store
/// does not answer.
public protocol PARRegistryStore: Sendable {
    /// Migrates the tables, or creates them, if needed, and returns the state.
    ///
    /// - Parameter lookupKey: The key with which a new registry begins; nil if the registry must exist.
    /// - Returns: The state, of which ``RegistryState/current`` is `lookupKey` only if the registry is new.
    /// - Throws: ``KMError`` `registryUnavailable` if there is no registry and `lookupKey` is nil, or if a newer version
    ///   of this package made the tables.
    func prepare(lookupKey: RegistryKeyName?) async throws -> RegistryState

    /// Reads the state.
    ///
    /// - Returns: The state.
    /// - Throws: ``KMError`` `registryUnavailable` if the registry was not prepared.
    func state() async throws -> RegistryState

    /// Looks up cards.
    ///
    /// - Parameters:
    ///   - hashes: The hashes under the current look-up key.
    ///   - state: The state to which the hashes belong.
    /// - Returns: The PAR of each, or nil if the store does not have the card.
    /// - Throws: ``KMError`` `registryChanged` if the store has another state.
    func pars(of hashes: [PANHash], _ state: RegistryState) async throws -> [FoundPAR?]

    /// Adds cards.
    ///
    /// A card is known by its hashes. If two calls add one card at the same time, one of them adds it. A card that the
    /// store has already gets what it lacks: the hash under the next look-up key, and the encrypted PAN if its PAR is that
    /// of the placement.
    ///
    /// - Parameters:
    ///   - cards: The cards. A card can appear more than once.
    ///   - state: The state to which their hashes belong.
    /// - Returns: The result for each card, in order.
    /// - Throws: ``KMError`` `registryChanged` if the store has another state. Some of the cards can have been added.
    func add(_ cards: [NewCard], _ state: RegistryState) async throws -> [CardAddition]

    /// Erases the cards of an account, and keeps its PAR reserved.
    ///
    /// - Parameters:
    ///   - par: The PAR.
    ///   - access: Who erases it and why, which the store logs.
    ///   - date: The time.
    /// - Returns: The number of erased cards, 0 if the account was erased before; nil if there is no such account.
    /// - Throws: ``KMError`` `registryUnavailable`.
    func erase(_ par: PAR, _ access: RegistryAccess, at date: Date) async throws -> Int?

    /// Reads an account and its cards, after logging the access.
    ///
    /// - Parameters:
    ///   - par: The PAR.
    ///   - access: Who reads it and why.
    ///   - date: The time.
    /// - Returns: The account and its cards in the order of their addition; nil if there is no such account.
    /// - Throws: ``KMError`` `registryUnavailable`; then nothing was read.
    func history(
        of par: PAR,
        _ access: RegistryAccess,
        at date: Date
    ) async throws -> (account: StoredAccount, cards: [StoredCard])?

    /// Reads cards in the order of their numbers.
    ///
    /// - Parameters:
    ///   - id: The number after which to begin; 0 for the first.
    ///   - limit: The largest number of cards.
    /// - Returns: The cards; none at the end.
    /// - Throws: ``KMError`` `registryUnavailable`.
    func cards(after id: Int64, limit: Int) async throws -> [StoredCard]

    /// Reads cards by their numbers.
    ///
    /// - Parameter ids: The numbers.
    /// - Returns: The cards that exist.
    /// - Throws: ``KMError`` `registryUnavailable`.
    func cards(_ ids: Set<Int64>) async throws -> [Int64: StoredCard]

    /// Reads accounts in the order of their PARs.
    ///
    /// - Parameters:
    ///   - par: The PAR after which to begin; nil for the first.
    ///   - limit: The largest number of accounts.
    /// - Returns: The accounts; none at the end.
    /// - Throws: ``KMError`` `registryUnavailable`.
    func accounts(after par: PAR?, limit: Int) async throws -> [StoredAccount]

    /// Reads accounts by their PARs.
    ///
    /// - Parameter pars: The PARs.
    /// - Returns: The accounts that exist.
    /// - Throws: ``KMError`` `registryUnavailable`.
    func accounts(_ pars: Set<PAR>) async throws -> [PAR: StoredAccount]

    /// Counts the cards for which accounts were created.
    ///
    /// - Parameter pars: The PARs of the accounts.
    /// - Returns: The number of cards of each account that have ``StoredCard/isFirst``; nothing for an account without.
    /// - Throws: ``KMError`` `registryUnavailable`.
    func firstCardCounts(_ pars: Set<PAR>) async throws -> [PAR: Int]

    /// Counts what the store has.
    ///
    /// It reads every card, so that it can take minutes.
    ///
    /// - Returns: The counts.
    /// - Throws: ``KMError`` `registryUnavailable`.
    func statistics() async throws -> RegistryStatistics

    /// Changes the state, if it is still the expected one, and increases its epoch.
    ///
    /// The change waits for calls of ``add(_:_:)`` that have begun.
    ///
    /// - Parameters:
    ///   - expected: The state before.
    ///   - state: The new state; its epoch is ignored.
    /// - Returns: The new state.
    /// - Throws: ``KMError`` `registryChanged` if the store has another state.
    func change(_ expected: RegistryState, to state: RegistryState) async throws -> RegistryState

    /// Stores hashes under the next look-up key.
    ///
    /// - Parameters:
    ///   - hashes: The hashes by the numbers of their cards. A card that was erased is skipped.
    ///   - state: The state to which they belong.
    /// - Throws: ``KMError`` `registryChanged` if the store has another state.
    func setNextHashes(_ hashes: [Int64: PANHash], _ state: RegistryState) async throws

    /// Erases the hashes under the retired look-up key of cards in a range of numbers.
    ///
    /// - Parameters:
    ///   - ids: The numbers of the cards.
    ///   - state: The state, which has a retired key.
    /// - Throws: ``KMError`` `registryChanged` if the store has another state.
    func eraseRetiredHashes(_ ids: ClosedRange<Int64>, _ state: RegistryState) async throws

    /// Replaces sealed PANs with the same PANs under another key.
    ///
    /// - Parameter sealed: The sealed PANs by the numbers of their cards. A card that was erased is skipped.
    /// - Throws: ``KMError`` `registryUnavailable`.
    func reseal(_ sealed: [Int64: SealedPAN]) async throws

    /// Erases sealed PANs.
    ///
    /// - Parameter ids: The numbers of the cards. A card that was erased is skipped.
    /// - Throws: ``KMError`` `registryUnavailable`.
    func eraseSealed(_ ids: Set<Int64>) async throws

    /// Releases what the store holds, after the calls in progress.
    func close() async
}
