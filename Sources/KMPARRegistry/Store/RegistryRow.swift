internal import Foundation
internal import KMSecurity

/// Makes the records of a store from the columns of a database, and rejects what cannot be one.
enum RegistryRow {
    /// The milliseconds since 1970.
    static func milliseconds(_ date: Date) -> Int64 {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
        return milliseconds.isNaN ? 0 : Int64(min(max(milliseconds, -9e15), 9e15))
    }

    static func date(_ milliseconds: Int64) -> Date {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    static func damaged(_ what: String) -> KMError {
        KMError(.registryDamaged, "\(what) in the registry's database cannot be read")
    }

    static func par(_ text: String?) throws -> PAR {
        guard let text, let par = try? PAR(text) else { throw damaged("a PAR") }
        return par
    }

    static func account(par: String?, origin: Int?, created: Int64?, erased: Int64?) throws -> StoredAccount {
        guard let origin = origin.flatMap(PAROrigin.init), let created else { throw damaged("an account") }
        return StoredAccount(par: try self.par(par), origin: origin, created: date(created), erased: erased.map(date))
    }

    static func card(
        _ state: RegistryState,
        id: Int64,
        par: String?,
        kind: Int?,
        lastFour: Int?,
        hashes: [[UInt8]?],
        sealed: [UInt8]?,
        sealingVersion: Int64?,
        created: Int64?,
        replaced: Int64?,
        replaces: Int64?,
        isFirst: Bool?
    ) throws -> StoredCard {
        guard let kind = kind.flatMap(CardKind.init), let lastFour, (0...9999).contains(lastFour), let created,
            let isFirst, (sealed == nil) == (sealingVersion == nil)
        else { throw damaged("card \(id)") }
        return StoredCard(
            id: id,
            par: try self.par(par),
            kind: kind,
            lastFour: lastFour,
            hashes: try [RegistryState.Column.a, .b].compactMap { column in
                guard let bytes = hashes[column.rawValue] else { return nil }
                // A hash in a column without a key has a version that nothing else has, for the check to find.
                guard let hash = PANHash(version: state.version(in: column) ?? .max, bytes: bytes) else {
                    throw damaged("card \(id)")
                }
                return hash
            },
            sealed: try sealed.map { bytes in
                guard let version = sealingVersion.flatMap(UInt32.init(exactly:)),
                    let sealed = SealedPAN(version: version, bytes: bytes)
                else { throw damaged("card \(id)") }
                return sealed
            },
            created: date(created),
            replaced: replaced.map(date),
            replaces: replaces,
            isFirst: isFirst
        )
    }
}

extension RegistryStatistics {
    /// Adds the cards of one kind and one version of the sealing key.
    mutating func count(
        _ kind: Int?,
        _ sealingVersion: Int64?,
        cards: Int,
        replaced: Int,
        withNext: Int,
        _ state: RegistryState
    ) throws {
        guard let kind = kind.flatMap(CardKind.init) else { throw RegistryRow.damaged("the kind of a card") }
        self.cards[kind, default: 0] += cards
        replacedCards += replaced
        if let version = sealingVersion.flatMap(UInt32.init(exactly:)) { sealedCards[version, default: 0] += cards }
        if state.next != nil { cardsWithoutNextHash += cards - withNext }
    }
}
