#if PostgreSQL
internal import Clibpq

/// The rows that a statement returned, in PostgreSQL's binary format.
///
/// It owns the result of libpq, and frees it.
@safe
package final class PostgreSQLResult {
    private let pointer: OpaquePointer

    /// Takes over the ownership of a result of libpq.
    init(owning pointer: OpaquePointer) { unsafe self.pointer = pointer }

    deinit { unsafe PQclear(pointer) }

    /// The number of rows.
    package var rowCount: Int { Int(unsafe PQntuples(pointer)) }

    /// The bytes of a value; nil if it is null, or if there is no such row or column.
    package func bytes(_ row: Int, _ column: Int) -> [UInt8]? {
        guard (0..<rowCount).contains(row), (0..<Int(unsafe PQnfields(pointer))).contains(column) else {
            return nil
        }
        let (row, column) = (Int32(row), Int32(column))
        guard unsafe PQgetisnull(pointer, row, column) == 0, let start = unsafe PQgetvalue(pointer, row, column)
        else { return nil }
        let count = Int(unsafe PQgetlength(pointer, row, column))
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }

    /// A `bigint`; nil if the value is null or has another size.
    package func int64(_ row: Int, _ column: Int) -> Int64? {
        guard let bytes = bytes(row, column), bytes.count == 8 else { return nil }
        return bytes.reduce(0) { $0 << 8 | Int64($1) }
    }

    /// A `text` or `name`; nil if the value is null.
    package func text(_ row: Int, _ column: Int) -> String? {
        bytes(row, column).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A `boolean`; nil if the value is null or has another size.
    package func bool(_ row: Int, _ column: Int) -> Bool? {
        guard let bytes = bytes(row, column), bytes.count == 1 else { return nil }
        return bytes[0] != 0
    }

    /// The kind of the result.
    var status: ExecStatusType { unsafe PQresultStatus(pointer) }

    /// A field of an error or notice, such as `C` for the SQLSTATE.
    func field(_ code: UInt8) -> String? { unsafe Self.field(code, of: pointer) }

    /// A field of an error or notice that someone else owns.
    static func field(_ code: UInt8, of pointer: OpaquePointer?) -> String? {
        guard let text = unsafe PQresultErrorField(pointer, Int32(code)) else { return nil }
        return unsafe String(cString: text)
    }
}
#endif
