#if SQLite
internal import KMSecurity

extension SQLitePARStore {
    /// See ``PARRegistryStore/prepare(lookupKey:)``.
    public func prepare(lookupKey: RegistryKeyName?) async throws -> RegistryState {
        try await write { database in
            let isNew = try database.int("PRAGMA user_version") == 0
            guard !isNew || lookupKey != nil else {
                throw KMError(.registryUnavailable, "\(self.path) has no registry; create the registry first")
            }
            if let version = try SQLiteRegistrySchema.migrate(database) {
                throw KMError(
                    .registryUnavailable,
                    "a newer version of KMSecurity made the registry (version \(version) of its tables); update this one"
                )
            }
            if let lookupKey, isNew {
                try database.statement(
                    """
                    INSERT INTO registry (id, epoch, current_version, current_check, hash_column)
                    VALUES (1, 1, ?, ?, 0)
                    """
                ).execute([.int64(Int64(lookupKey.version)), .text(lookupKey.keyCheckValue)])
            }
            return try Self.state(database)
        }
    }

    /// See ``PARRegistryStore/state()``.
    public func state() async throws -> RegistryState { try await read { try Self.state($0) } }

    static func state(_ database: SQLiteConnection) throws -> RegistryState {
        let statement = try database.statement(
            """
            SELECT epoch, hash_column, current_version, current_check, next_version, next_check,
                retired_version, retired_check, sealing_keys FROM registry
            """
        )
        guard let state = try statement.firstRow(read: state) else {
            throw KMError(.registryUnavailable, "the registry was not prepared")
        }
        return state
    }

    private static func state(_ row: SQLiteRow) throws -> RegistryState {
        func name(_ column: Int32) throws -> RegistryKeyName? {
            guard let version = try row.optionalInt64(column) else { return nil }
            guard let number = UInt32(exactly: version), let check = try row.optionalText(column + 1) else {
                throw RegistryRow.damaged("the state of the keys")
            }
            return RegistryKeyName(version: number, keyCheckValue: check)
        }
        guard let current = try name(2), let column = RegistryState.Column(rawValue: try row.int(1)) else {
            throw RegistryRow.damaged("the state of the keys")
        }
        return RegistryState(
            epoch: try row.int64(0),
            current: current,
            column: column,
            next: try name(4),
            retired: try name(6),
            sealingKeys: try RegistryState.sealingKeys(row.text(8))
        )
    }

    static func expect(_ expected: RegistryState, _ database: SQLiteConnection) throws {
        guard try state(database) == expected else { throw KMError(.registryChanged) }
    }

    /// See ``PARRegistryStore/change(_:to:)``.
    public func change(_ expected: RegistryState, to state: RegistryState) async throws -> RegistryState {
        try await write { database in
            try Self.expect(expected, database)
            try database.statement(
                """
                UPDATE registry SET epoch = ?, hash_column = ?, current_version = ?, current_check = ?,
                    next_version = ?, next_check = ?, retired_version = ?, retired_check = ?, sealing_keys = ?
                """
            ).execute([
                .int64(expected.epoch &+ 1), .int64(Int64(state.column.rawValue)),
                .int64(Int64(state.current.version)), .text(state.current.keyCheckValue),
                .optional((state.next?.version).map { Int64($0) }), .optional(state.next?.keyCheckValue),
                .optional((state.retired?.version).map { Int64($0) }), .optional(state.retired?.keyCheckValue),
                .text(state.sealingKeyList),
            ])
            return try Self.state(database)
        }
    }
}
#endif
