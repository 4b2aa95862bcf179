#if SQLite
internal import KMSecurity

extension SQLitePARStore {
    /// See ``PARRegistryStore/setNextHashes(_:_:)``.
    public func setNextHashes(_ hashes: [Int64: PANHash], _ state: RegistryState) async throws {
        try await write { database in
            try Self.expect(state, database)
            let column = Self.name(state.column.other)
            let statement = try database.statement("UPDATE card SET \(column) = ? WHERE id = ?")
            for (id, hash) in hashes { try statement.execute([.bytes(hash.bytes), .int64(id)]) }
        }
    }

    /// See ``PARRegistryStore/eraseRetiredHashes(_:_:)``.
    public func eraseRetiredHashes(_ ids: ClosedRange<Int64>, _ state: RegistryState) async throws {
        try await write { database in
            try Self.expect(state, database)
            let column = Self.name(state.column.other)
            try database.statement(
                "UPDATE card SET \(column) = NULL WHERE id BETWEEN ? AND ? AND \(column) IS NOT NULL"
            ).execute([.int64(ids.lowerBound), .int64(ids.upperBound)])
        }
    }

    /// See ``PARRegistryStore/eraseSealed(_:)``.
    public func eraseSealed(_ ids: Set<Int64>) async throws {
        try await write { database in
            let statement = try database.statement(
                "UPDATE card SET sealed = NULL, sealing_version = NULL WHERE id = ?"
            )
            for id in ids { try statement.execute([.int64(id)]) }
        }
    }

    /// See ``PARRegistryStore/reseal(_:)``.
    public func reseal(_ sealed: [Int64: SealedPAN]) async throws {
        try await write { database in
            let statement = try database.statement(
                "UPDATE card SET sealed = ?, sealing_version = ? WHERE id = ? AND sealed IS NOT NULL"
            )
            for (id, sealed) in sealed {
                try statement.execute([.bytes(sealed.bytes), .int64(Int64(sealed.version)), .int64(id)])
            }
        }
    }
}
#endif
