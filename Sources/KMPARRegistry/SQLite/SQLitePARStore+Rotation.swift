#if SQLite
internal import Foundation
internal import GRDB
internal import KMSecurity

extension SQLitePARStore {
    /// See ``PARRegistryStore/setNextHashes(_:_:)``.
    public func setNextHashes(_ hashes: [Int64: PANHash], _ state: RegistryState) async throws {
        try await write { database in
            try Self.expect(state, database)
            let column = Self.name(state.column.other)
            let statement = try database.cachedStatement(sql: "UPDATE card SET \(column) = ? WHERE id = ?")
            for (id, hash) in hashes { try statement.execute(arguments: [Data(hash.bytes), id]) }
        }
    }

    /// See ``PARRegistryStore/eraseRetiredHashes(_:_:)``.
    public func eraseRetiredHashes(_ ids: ClosedRange<Int64>, _ state: RegistryState) async throws {
        try await write { database in
            try Self.expect(state, database)
            let column = Self.name(state.column.other)
            try database.cachedStatement(
                sql: "UPDATE card SET \(column) = NULL WHERE id BETWEEN ? AND ? AND \(column) IS NOT NULL"
            ).execute(arguments: [ids.lowerBound, ids.upperBound])
        }
    }

    /// See ``PARRegistryStore/eraseSealed(_:)``.
    public func eraseSealed(_ ids: Set<Int64>) async throws {
        try await write { database in
            let statement = try database.cachedStatement(
                sql: "UPDATE card SET sealed = NULL, sealing_version = NULL WHERE id = ?"
            )
            for id in ids { try statement.execute(arguments: [id]) }
        }
    }

    /// See ``PARRegistryStore/reseal(_:)``.
    public func reseal(_ sealed: [Int64: SealedPAN]) async throws {
        try await write { database in
            let statement = try database.cachedStatement(
                sql: "UPDATE card SET sealed = ?, sealing_version = ? WHERE id = ? AND sealed IS NOT NULL"
            )
            for (id, sealed) in sealed {
                try statement.execute(arguments: [Data(sealed.bytes), Int64(sealed.version), id])
            }
        }
    }
}
#endif
