#if PostgreSQL
internal import Foundation
internal import KMPostgreSQL
internal import KMSecurity

extension PostgreSQLPARStore {
    /// See ``PARRegistryStore/setNextHashes(_:_:)``.
    public func setNextHashes(_ hashes: [Int64: PANHash], _ state: RegistryState) async throws {
        let schema = schema
        let sorted = hashes.sorted { $0.key < $1.key }
        try await perform { connection in
            try connection.transaction {
                try Self.expect(state, schema, connection)
                let column = Self.name(state.column.other)
                _ = try connection.query(
                    """
                    UPDATE \(schema.card) AS c SET \(column) = i.hash
                    FROM unnest($1::bigint[], $2::bytea[]) AS i (id, hash) WHERE c.id = i.id AND c.\(column) IS NULL
                    """,
                    [.int64s(sorted.map(\.key)), .byteArrays(sorted.map(\.value.bytes))]
                )
            }
        }
    }

    /// See ``PARRegistryStore/eraseRetiredHashes(_:_:)``.
    public func eraseRetiredHashes(_ ids: ClosedRange<Int64>, _ state: RegistryState) async throws {
        let schema = schema
        try await perform { connection in
            try connection.transaction {
                try Self.expect(state, schema, connection)
                let column = Self.name(state.column.other)
                _ = try connection.query(
                    """
                    UPDATE \(schema.card) SET \(column) = NULL
                    WHERE id BETWEEN $1 AND $2 AND \(column) IS NOT NULL
                    """,
                    [.int64(ids.lowerBound), .int64(ids.upperBound)]
                )
            }
        }
    }

    /// See ``PARRegistryStore/eraseSealed(_:)``.
    public func eraseSealed(_ ids: Set<Int64>) async throws {
        let schema = schema
        try await perform { connection in
            _ = try connection.query(
                "UPDATE \(schema.card) SET sealed = NULL, sealing_version = NULL WHERE id = ANY($1)",
                [.int64s(ids.sorted())]
            )
        }
    }

    /// See ``PARRegistryStore/reseal(_:)``.
    public func reseal(_ sealed: [Int64: SealedPAN]) async throws {
        let schema = schema
        let sorted = sealed.sorted { $0.key < $1.key }
        try await perform { connection in
            _ = try connection.query(
                """
                UPDATE \(schema.card) AS c SET sealed = i.sealed, sealing_version = i.version
                FROM unnest($1::bigint[], $2::bytea[], $3::bigint[]) AS i (id, sealed, version)
                WHERE c.id = i.id AND c.sealed IS NOT NULL
                """,
                [
                    .int64s(sorted.map(\.key)), .byteArrays(sorted.map(\.value.bytes)),
                    .int64s(sorted.map { Int64($0.value.version) }),
                ]
            )
        }
    }
}
#endif
