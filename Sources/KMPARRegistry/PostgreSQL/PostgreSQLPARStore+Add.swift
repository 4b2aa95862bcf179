#if PostgreSQL
internal import Foundation
internal import KMPostgreSQL
internal import KMSecurity

extension PostgreSQLPARStore {
    /// See ``PARRegistryStore/add(_:_:)``.
    public func add(_ cards: [NewCard], _ state: RegistryState) async throws -> [CardAddition] {
        var outcomes = [CardAddition?](repeating: nil, count: cards.count)
        // A round adds cards that have nothing to do with each other. What another process adds meanwhile, and cards
        // that share a hash or an account, are for the next round.
        var idleRounds = 0
        while idleRounds < 100 {
            var (hashes, accounts) = (Set<PANHash>(), Set<PAR>())
            let round = cards.indices.filter { index in
                guard outcomes[index] == nil, let hash = cards[index].hashes.first, !hashes.contains(hash),
                    accounts.insert(cards[index].placement.par).inserted
                else { return false }
                hashes.insert(hash)
                return true
            }
            if round.isEmpty { break }
            let schema = schema
            let batch = round.map { cards[$0] }
            let added = try await perform { connection in
                try connection.transaction { try CardBatch(batch, state, schema, connection).add() }
            }
            var pars: [PANHash: PAR] = [:]
            for (index, outcome) in zip(round, added) {
                outcomes[index] = outcome
                switch outcome {
                case .added(let par), .exists(let par): pars[cards[index].hashes[0]] = par
                default: continue
                }
            }
            // Further uses of the same card need no further transaction.
            for index in cards.indices where outcomes[index] == nil {
                guard let hash = cards[index].hashes.first, let par = pars[hash] else { continue }
                if case .replacing = cards[index].placement { continue }
                outcomes[index] = .exists(par)
            }
            idleRounds = added.contains { $0 != nil } ? 0 : idleRounds + 1
        }
        return try outcomes.map { outcome in
            guard let outcome else {
                throw KMError(.registryUnavailable, "other processes add the same cards all the time")
            }
            return outcome
        }
    }
}

/// Cards with different hashes and different accounts, which are added in one transaction.
private struct CardBatch {
    private let cards: [NewCard]
    private let state: RegistryState
    private let schema: PostgreSQLRegistrySchema
    private let connection: PostgreSQLConnection
    private let column: String
    private let other: String

    init(
        _ cards: [NewCard],
        _ state: RegistryState,
        _ schema: PostgreSQLRegistrySchema,
        _ connection: PostgreSQLConnection
    ) {
        (self.cards, self.state, self.schema, self.connection) = (cards, state, schema, connection)
        (column, other) = (PostgreSQLPARStore.name(state.column), PostgreSQLPARStore.name(state.column.other))
    }

    /// A card that the table has.
    private struct Present {
        let id: Int64
        let par: PAR
        let replaces: Int64?
        let isReplaced: Bool
        let hasOtherHash: Bool
        let isSealed: Bool
    }

    /// Adds the cards; an outcome is nil if another process is adding the same card or account.
    func add() throws -> [CardAddition?] {
        try PostgreSQLPARStore.expect(state, schema, connection)
        let former = cards.map { card in
            if case .replacing(let hash, _) = card.placement { hash.bytes } else { nil as [UInt8]? }
        }
        let present = try find(cards.compactMap(\.hashes.first?.bytes) + former.compactMap { $0 })
        let accounts = try lockAccounts()
        var outcomes = [CardAddition?](repeating: nil, count: cards.count)
        var new: [(index: Int, replaces: Int64?)] = []
        for (index, card) in cards.enumerated() {
            guard let hash = card.hashes.first?.bytes else { continue }
            let par = card.placement.par
            let isErased = accounts[par]
            let replaced = former[index].map { present[$0] }
            if let known = present[hash] {
                if let replaced, known.replaces == nil || known.replaces != replaced?.id {
                    outcomes[index] = .replacesOther
                } else {
                    outcomes[index] = .exists(known.par)
                }
                continue
            }
            switch card.placement {
            case .newAccount: if isErased != nil { outcomes[index] = .parTaken }
            case .givenAccount: if isErased == true { outcomes[index] = .accountErased }
            case .account:
                if isErased == nil { outcomes[index] = .noAccount }
                if isErased == true { outcomes[index] = .accountErased }
            case .replacing:
                guard let found = replaced, let found, found.par == par, isErased == false else {
                    outcomes[index] = .noCard
                    continue
                }
                if found.isReplaced { outcomes[index] = .alreadyReplaced }
            }
            if outcomes[index] == nil { new.append((index, replaced.flatMap { $0?.id })) }
        }
        try complete(present)
        for index in try insert(new, accounts) { outcomes[index] = .added(cards[index].placement.par) }
        return outcomes
    }

    private func find(_ hashes: [[UInt8]]) throws -> [[UInt8]: Present] {
        let rows = try connection.query(
            """
            SELECT c.\(column), c.id, c.par, c.replaces, c.\(other) IS NOT NULL, c.replaced IS NOT NULL,
                c.sealing_version IS NOT NULL
            FROM \(schema.card) AS c WHERE c.\(column) = ANY($1) AND c.\(column) IS NOT NULL
            """,
            [.byteArrays(hashes)]
        )
        return try (0..<rows.rowCount).reduce(into: [:]) { found, row in
            guard let hash = rows.bytes(row, 0), let id = rows.int64(row, 1), let hasOther = rows.bool(row, 4),
                let isReplaced = rows.bool(row, 5), let isSealed = rows.bool(row, 6)
            else { throw RegistryRow.damaged("a card") }
            found[hash] = Present(
                id: id,
                par: try RegistryRow.par(rows.text(row, 2)),
                replaces: rows.int64(row, 3),
                isReplaced: isReplaced,
                hasOtherHash: hasOther,
                isSealed: isSealed
            )
        }
    }

    /// Reads the accounts of the cards, and whether each was erased, which stays so until the transaction ends.
    private func lockAccounts() throws -> [PAR: Bool] {
        let rows = try connection.query(
            """
            SELECT par, erased IS NOT NULL FROM \(schema.account) WHERE par = ANY($1) ORDER BY par FOR SHARE
            """,
            [.texts(cards.map(\.placement.par.text))]
        )
        return try (0..<rows.rowCount).reduce(into: [:]) { accounts, row in
            accounts[try RegistryRow.par(rows.text(row, 0))] = rows.bool(row, 1) ?? true
        }
    }

    /// Gives cards that are present the hash under the next key, and the encrypted PAN, if they lack them.
    private func complete(_ present: [[UInt8]: Present]) throws {
        let missing = cards.compactMap { card -> (id: Int64, hash: [UInt8], sealed: SealedPAN?)? in
            guard let hash = card.hashes.first?.bytes, let found = present[hash] else { return nil }
            let next = found.hasOtherHash ? nil : card.hashes.dropFirst().first?.bytes
            let sealed = found.isSealed || found.par != card.placement.par ? nil : card.sealed
            return next == nil && sealed == nil ? nil : (found.id, next ?? [], sealed)
        }.sorted { $0.id < $1.id }
        guard !missing.isEmpty else { return }
        _ = try connection.query(
            """
            UPDATE \(schema.card) AS c SET \(other) = coalesce(c.\(other), nullif(i.hash, '')),
                sealed = coalesce(c.sealed, nullif(i.sealed, '')),
                sealing_version = coalesce(c.sealing_version, nullif(i.version, -1))
            FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bigint[]) AS i (id, hash, sealed, version)
            WHERE c.id = i.id
            """,
            [
                .int64s(missing.map(\.id)), .byteArrays(missing.map(\.hash)),
                .byteArrays(missing.map { $0.sealed?.bytes ?? [] }),
                .int64s(missing.map { ($0.sealed?.version).map(Int64.init) ?? -1 }),
            ]
        )
    }

    /// Inserts cards and their accounts.
    ///
    /// - Returns: The indexes of the cards that were inserted.
    private func insert(_ new: [(index: Int, replaces: Int64?)], _ accounts: [PAR: Bool]) throws -> [Int] {
        guard !new.isEmpty else { return [] }
        // All processes insert in the order of the hashes, so that they wait for each other in one direction only.
        let sorted = new.sorted { Self.hash(cards[$0.index]).lexicographicallyPrecedes(Self.hash(cards[$1.index])) }
        let rows = sorted.map { cards[$0.index] }
        let replaced = sorted.compactMap(\.replaces).sorted()
        if !replaced.isEmpty {
            let date = RegistryRow.milliseconds(rows[0].date)
            let marked = try connection.query(
                "UPDATE \(schema.card) SET replaced = $1 WHERE id = ANY($2) AND replaced IS NULL RETURNING id",
                [.int64(date), .int64s(replaced)]
            )
            // Another process replaced or erased one meanwhile: this transaction is rolled back and made again.
            guard marked.rowCount == replaced.count else { throw Self.again }
        }
        let inserted = try connection.query(
            """
            INSERT INTO \(schema.card) (\(column), \(other), par, kind, last_four, sealed, sealing_version, created, replaces,
                is_first)
            SELECT hash, nullif(next_hash, ''), par, kind, last_four, nullif(sealed, ''), nullif(sealing_version, -1),
                created, nullif(replaces, -1), is_first = 1
            FROM unnest($1::bytea[], $2::bytea[], $3::text[], $4::bigint[], $5::bigint[], $6::bytea[], $7::bigint[],
                $8::bigint[], $9::bigint[], $10::bigint[])
                AS i (hash, next_hash, par, kind, last_four, sealed, sealing_version, created, replaces, is_first)
            ON CONFLICT DO NOTHING RETURNING \(column)
            """,
            [
                .byteArrays(rows.map(Self.hash)),
                .byteArrays(rows.map { $0.hashes.dropFirst().first?.bytes ?? [] }),
                .texts(rows.map(\.placement.par.text)),
                .int64s(rows.map { Int64($0.kind.rawValue) }),
                .int64s(rows.map { Int64($0.lastFour) }),
                .byteArrays(rows.map { $0.sealed?.bytes ?? [] }),
                .int64s(rows.map { ($0.sealed?.version).map(Int64.init) ?? -1 }),
                .int64s(rows.map { RegistryRow.milliseconds($0.date) }),
                .int64s(sorted.map { $0.replaces ?? -1 }),
                .int64s(rows.map { accounts[$0.placement.par] == nil ? 1 : 0 }),
            ]
        )
        let hashes = Set((0..<inserted.rowCount).compactMap { inserted.bytes($0, 0) })
        let added = sorted.filter { hashes.contains(Self.hash(cards[$0.index])) }
        guard replaced.isEmpty || added.count == sorted.count else { throw Self.again }
        try insertAccounts(added.map { cards[$0.index] }.filter { accounts[$0.placement.par] == nil })
        return added.map(\.index)
    }

    private func insertAccounts(_ cards: [NewCard]) throws {
        guard !cards.isEmpty else { return }
        let sorted = cards.sorted { $0.placement.par.text < $1.placement.par.text }
        let inserted = try connection.query(
            """
            INSERT INTO \(schema.account) (par, origin, created)
            SELECT par, origin, created FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS i (par, origin, created)
            ON CONFLICT DO NOTHING RETURNING par
            """,
            [
                .texts(sorted.map(\.placement.par.text)),
                .int64s(
                    sorted.map { card in
                        if case .newAccount(_, let origin) = card.placement { return Int64(origin.rawValue) }
                        return Int64(PAROrigin.given.rawValue)
                    }
                ),
                .int64s(sorted.map { RegistryRow.milliseconds($0.date) }),
            ]
        )
        // Another process created one of the accounts meanwhile: its card must see that.
        guard inserted.rowCount == sorted.count else { throw Self.again }
    }

    private static func hash(_ card: NewCard) -> [UInt8] { card.hashes.first?.bytes ?? [] }

    /// A serialization failure, after which the transaction is made again.
    private static var again: PostgreSQLError { PostgreSQLError("another process added a card", sqlState: "40001") }
}
#endif
