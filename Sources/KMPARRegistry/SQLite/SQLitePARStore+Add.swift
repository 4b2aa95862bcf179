#if SQLite
internal import KMSecurity

extension SQLitePARStore {
    /// See ``PARRegistryStore/add(_:_:)``.
    public func add(_ cards: [NewCard], _ state: RegistryState) async throws -> [CardAddition] {
        try await write { database in
            try Self.expect(state, database)
            let batch = try SQLiteCardBatch(state, database)
            return try cards.map(batch.add)
        }
    }
}

/// The statements that add cards in one transaction.
private struct SQLiteCardBatch {
    private let find: SQLiteStatement
    private let setNextHash: SQLiteStatement
    private let setSealed: SQLiteStatement
    private let setReplaced: SQLiteStatement
    private let findAccount: SQLiteStatement
    private let insertAccount: SQLiteStatement
    private let insertCard: SQLiteStatement

    init(_ state: RegistryState, _ database: SQLiteConnection) throws {
        let (current, other) = (SQLitePARStore.name(state.column), SQLitePARStore.name(state.column.other))
        find = try SQLitePARStore.find(state.column, database)
        setNextHash = try database.statement("UPDATE card SET \(other) = ? WHERE id = ?")
        setSealed = try database.statement("UPDATE card SET sealed = ?, sealing_version = ? WHERE id = ?")
        setReplaced = try database.statement("UPDATE card SET replaced = ? WHERE id = ?")
        findAccount = try database.statement("SELECT erased IS NOT NULL FROM account WHERE par = ?")
        insertAccount = try database.statement("INSERT INTO account (par, origin, created) VALUES (?, ?, ?)")
        insertCard = try database.statement(
            """
            INSERT INTO card (par, kind, last_four, \(current), \(other), sealed, sealing_version, created, replaces,
                is_first) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        )
    }

    private func find(_ hash: PANHash) throws -> SQLitePARStore.KnownCard? {
        try find.firstRow([.bytes(hash.bytes)], read: SQLitePARStore.KnownCard.init)
    }

    /// Adds a card, or what the table lacks of it.
    func add(_ card: NewCard) throws -> CardAddition {
        guard let hash = card.hashes.first else { throw KMError(.registryDamaged, "a card was given without a hash") }
        if let known = try find(hash) { return try complete(known, card) }
        let par = card.placement.par
        let date = SQLiteValue.int64(RegistryRow.milliseconds(card.date))
        let isErased = try findAccount.firstRow([.text(par.text)]) { try $0.bool(0) }
        var origin = PAROrigin.given
        var replaces: Int64?
        switch card.placement {
        case .newAccount(_, let given):
            if isErased != nil { return .parTaken }
            origin = given
        case .givenAccount: if isErased == true { return .accountErased }
        case .account:
            guard let isErased else { return .noAccount }
            if isErased { return .accountErased }
        case .replacing(let former, _):
            guard let known = try find(former), known.par == par else { return .noCard }
            if known.isReplaced { return .alreadyReplaced }
            replaces = known.id
            try setReplaced.execute([date, .int64(known.id)])
        }
        if isErased == nil { try insertAccount.execute([.text(par.text), .int64(Int64(origin.rawValue)), date]) }
        try insertCard.execute([
            .text(par.text), .int64(Int64(card.kind.rawValue)), .int64(Int64(card.lastFour)), .bytes(hash.bytes),
            .optional(card.hashes.dropFirst().first?.bytes), .optional(card.sealed?.bytes),
            .optional((card.sealed?.version).map { Int64($0) }), date, .optional(replaces),
            .int64(isErased == nil ? 1 : 0),
        ])
        return .added(par)
    }

    /// Gives a card of the table the hash under the next key, and the encrypted PAN, if it lacks them.
    private func complete(_ known: SQLitePARStore.KnownCard, _ card: NewCard) throws -> CardAddition {
        if let next = card.hashes.dropFirst().first, !known.hasOtherHash {
            try setNextHash.execute([.bytes(next.bytes), .int64(known.id)])
        }
        if let sealed = card.sealed, !known.isSealed, known.par == card.placement.par {
            try setSealed.execute([.bytes(sealed.bytes), .int64(Int64(sealed.version)), .int64(known.id)])
        }
        if case .replacing(let former, _) = card.placement {
            guard let replaces = known.replaces, try find(former)?.id == replaces else { return .replacesOther }
        }
        return .exists(known.par)
    }
}
#endif
