public import Foundation
internal import KMSecurity

/// The cards of an account, which the privilege of the history shows.
public struct AccountHistory: Sendable {
    /// A card, without its PAN.
    public struct Card: Sendable, Hashable {
        /// The number of the card in the registry.
        public let id: Int64
        /// What kind of number it is.
        public let kind: CardKind
        /// The last four digits.
        public let lastFour: String
        /// The time when the registry got it.
        public let created: Date
        /// The time when it was replaced.
        public let replaced: Date?
        /// The number of the card that it replaces.
        public let replaces: Int64?
    }

    /// The account.
    public let account: StoredAccount
    /// The cards in the order of their addition; none if the account was erased.
    public let cards: [Card]

    init(_ account: StoredAccount, _ cards: [StoredCard]) {
        self.account = account
        self.cards = cards.map { card in
            let digits = String(card.lastFour)
            return Card(
                id: card.id,
                kind: card.kind,
                lastFour: String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits,
                created: card.created,
                replaced: card.replaced,
                replaces: card.replaces
            )
        }
    }
}
