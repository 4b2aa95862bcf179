public import Foundation
public import KMSecurity

/// What kind of number a card of a registry has.
public enum CardKind: Int, Sendable, Hashable, CaseIterable, Codable {
    /// The PAN of a physical card.
    case physical = 0
    /// The PAN of a mobile card.
    case mobile = 1
    /// A payment token (EMVCo), which replaces a PAN in a wallet or at a merchant.
    case token = 2
}

/// How an account got its PAR.
public enum PAROrigin: Int, Sendable, Hashable, CaseIterable {
    /// Derived from the PAN of its first card.
    case derived = 0
    /// Random.
    case random = 1
    /// Given by whoever added the first card, such as another party's registry.
    case given = 2
}

/// Where a new card belongs.
public enum CardPlacement: Sendable, Hashable {
    /// To a new account, whose PAR no account has had before.
    case newAccount(PAR, PAROrigin)
    /// To the account with this PAR, which is created if it does not exist.
    case givenAccount(PAR)
    /// To the account with this PAR, which must exist.
    case account(PAR)
    /// To the account of a card that it replaces; the PAR is the account's.
    case replacing(PANHash, PAR)

    /// The PAR of the account.
    public var par: PAR {
        switch self {
        case .newAccount(let par, _), .givenAccount(let par), .account(let par), .replacing(_, let par): par
        }
    }
}

/// What a store has for a hash.
public struct FoundPAR: Sendable, Hashable {
    /// The PAR of the card's account.
    public var par: PAR
    /// Whether the store has the encrypted PAN of the card.
    public var isSealed: Bool
    /// Whether a rotation is in progress, and the card has no hash under the next look-up key yet.
    public var lacksNextHash: Bool

    /// Creates an answer.
    ///
    /// - Parameters:
    ///   - par: The PAR.
    ///   - isSealed: Whether the store has the encrypted PAN.
    ///   - lacksNextHash: Whether the card lacks the hash under the next key.
    public init(par: PAR, isSealed: Bool, lacksNextHash: Bool) {
        (self.par, self.isSealed, self.lacksNextHash) = (par, isSealed, lacksNextHash)
    }
}

/// A card to add to a store.
public struct NewCard: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The kind only.
    public var description: String { "NewCard(\(kind), redacted)" }
    /// The same as ``description``.
    public var debugDescription: String { description }
    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// The hash under the current look-up key and, during a rotation, the hash under the next one.
    public var hashes: [PANHash]
    /// What kind of number it is.
    public var kind: CardKind
    /// The last four digits, 0 to 9999.
    public var lastFour: Int
    /// The encrypted PAN; nil if the registry does not keep it.
    public var sealed: SealedPAN?
    /// The account.
    public var placement: CardPlacement
    /// The time of the addition.
    public var date: Date
}

/// The result of adding a card.
public enum CardAddition: Sendable, Hashable {
    /// It was added, and has this PAR.
    case added(PAR)
    /// The store had it already, with this PAR.
    case exists(PAR)
    /// The store had it already, and it does not replace the card that it was to replace.
    case replacesOther
    /// Another account has the PAR that the new account was to get, or had it before it was erased.
    case parTaken
    /// There is no account with the PAR.
    case noAccount
    /// The account with the PAR was erased.
    case accountErased
    /// There is no card to replace.
    case noCard
    /// The card to replace was replaced already.
    case alreadyReplaced
}

/// A card in a store.
public struct StoredCard: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The number only.
    public var description: String { "StoredCard(\(id), redacted)" }
    /// The same as ``description``.
    public var debugDescription: String { description }
    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// The number of the card in the store; a card that is added later has a greater one.
    public var id: Int64
    /// The PAR of its account.
    public var par: PAR
    /// What kind of number it is.
    public var kind: CardKind
    /// The last four digits, 0 to 9999.
    public var lastFour: Int
    /// The hashes that the store has, under one or two look-up keys.
    public var hashes: [PANHash]
    /// The encrypted PAN, if the store has it.
    public var sealed: SealedPAN?
    /// The time of its addition.
    public var created: Date
    /// The time when it was replaced.
    public var replaced: Date?
    /// The number of the card that it replaces.
    public var replaces: Int64?
    /// Whether the account was created for it, so that a derived PAR is derived from its PAN.
    public var isFirst: Bool

    /// Creates a card.
    public init(
        id: Int64,
        par: PAR,
        kind: CardKind,
        lastFour: Int,
        hashes: [PANHash],
        sealed: SealedPAN?,
        created: Date,
        replaced: Date?,
        replaces: Int64?,
        isFirst: Bool
    ) {
        (self.id, self.par, self.kind, self.lastFour) = (id, par, kind, lastFour)
        (self.hashes, self.sealed) = (hashes, sealed)
        (self.created, self.replaced, self.replaces) = (created, replaced, replaces)
        self.isFirst = isFirst
    }
}

/// An account in a store.
public struct StoredAccount: Sendable, Hashable {
    /// The PAR.
    public var par: PAR
    /// How the account got it.
    public var origin: PAROrigin
    /// The time when it got it.
    public var created: Date
    /// The time when its cards were erased.
    ///
    /// The PAR stays reserved.
    public var erased: Date?

    /// Creates an account.
    public init(par: PAR, origin: PAROrigin, created: Date, erased: Date?) {
        (self.par, self.origin, self.created, self.erased) = (par, origin, created, erased)
    }
}

/// Who looks at the history of an account or erases it, and why.
///
/// The store keeps it.
public struct RegistryAccess: Sendable, Hashable {
    /// The person or the service, such as a login name.
    public var actor: String
    /// The reason, such as the number of a request.
    public var reason: String

    /// Creates a record of an access.
    ///
    /// - Parameters:
    ///   - actor: The person or the service.
    ///   - reason: The reason.
    /// - Throws: ``KMError`` `configurationInvalid` if one is empty, is longer than 200 bytes, has control characters,
    ///   or contains what may be a card number.
    public init(actor: String, reason: String) throws {
        for (text, name) in [(actor, "actor"), (reason, "reason")] {
            guard (1...200).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw KMError(
                    .configurationInvalid,
                    "the \(name) of an access must have 1 to 200 bytes without control characters"
                )
            }
            guard !text.hasRunOfDigits else {
                throw KMError(.configurationInvalid, "the \(name) of an access must not contain a card number")
            }
        }
        (self.actor, self.reason) = (actor, reason)
    }
}

extension String {
    /// Whether there are 12 digits or more with no letter between them.
    fileprivate var hasRunOfDigits: Bool {
        var count = 0
        for scalar in unicodeScalars {
            // Digits of every script, such as full-width ones.
            if scalar.properties.generalCategory == .decimalNumber {
                count += 1
                if count == 12 { return true }
            } else if scalar.properties.isAlphabetic {
                count = 0
            }
        }
        return false
    }
}

/// The keys of a store, and how far the rotation of its look-up key is.
public struct RegistryState: Sendable, Hashable {
    /// A place for a hash in each card.
    ///
    /// The current key and the next one have one each.
    public enum Column: Int, Sendable, Hashable {
        /// The first place.
        case a = 0
        /// The second place.
        case b = 1

        /// The other place.
        public var other: Column { self == .a ? .b : .a }
    }

    /// A number that grows with each change of the state.
    public var epoch: Int64
    /// The key under which every card has a hash.
    public var current: RegistryKeyName
    /// Where the hashes under the current key are.
    public var column: Column
    /// The key to which the registry changes; nil if it does not.
    ///
    /// New cards have a hash under it, and the others get one, one after another.
    public var next: RegistryKeyName?
    /// The look-up key that is no longer used, while its hashes are being erased.
    public var retired: RegistryKeyName?
    /// The sealing keys that have encrypted PANs, oldest first.
    ///
    /// A key stays in the list after its rotation, so that no other key gets its version.
    public var sealingKeys: [RegistryKeyName]

    /// Creates a state.
    public init(
        epoch: Int64,
        current: RegistryKeyName,
        column: Column,
        next: RegistryKeyName? = nil,
        retired: RegistryKeyName? = nil,
        sealingKeys: [RegistryKeyName] = []
    ) {
        (self.epoch, self.current, self.column, self.next, self.retired) = (epoch, current, column, next, retired)
        self.sealingKeys = sealingKeys
    }

    /// The keys under which a new card needs a hash: the current one and, during a rotation, the next one.
    public var keys: [RegistryKeyName] { [current] + (next.map { [$0] } ?? []) }

    /// The sealing keys as a database keeps them, such as `1:0123456789 2:ABCDEF0123`.
    var sealingKeyList: String { sealingKeys.map { "\($0.version):\($0.keyCheckValue)" }.joined(separator: " ") }

    /// Reads the text of ``sealingKeyList``.
    static func sealingKeys(_ list: String?) throws -> [RegistryKeyName] {
        try (list ?? "").split(separator: " ").map { item in
            let parts = item.split(separator: ":")
            guard parts.count == 2, let version = UInt32(parts[0]) else {
                throw RegistryRow.damaged("the names of the sealing keys")
            }
            return RegistryKeyName(version: version, keyCheckValue: String(parts[1]))
        }
    }

    /// The parts of the state with slashes between them, as PostgreSQL puts them together.
    var fingerprint: String {
        var parts = ["\(epoch)", "\(column.rawValue)"]
        for name in [current, next, retired].compactMap({ $0 }) { parts += ["\(name.version)", name.keyCheckValue] }
        return (parts + [sealingKeyList]).joined(separator: "/")
    }

    /// The version of the key whose hashes are in a column, if any are.
    func version(in column: Column) -> UInt32? {
        column == self.column ? current.version : (next ?? retired)?.version
    }
}

/// What a registry has.
public struct RegistryStatistics: Sendable, Hashable {
    /// The number of accounts with cards.
    public var accounts = 0
    /// The number of erased accounts, whose PARs stay reserved.
    public var erasedAccounts = 0
    /// The number of cards by kind.
    public var cards: [CardKind: Int] = [:]
    /// The number of cards that were replaced.
    public var replacedCards = 0
    /// The number of cards whose PAN is kept, by the version of the sealing key.
    public var sealedCards: [UInt32: Int] = [:]
    /// The number of cards that do not have a hash under the next look-up key yet.
    public var cardsWithoutNextHash = 0
    /// The number of accesses that were logged.
    public var accesses = 0

    /// Creates statistics of an empty registry.
    public init() {}
}
