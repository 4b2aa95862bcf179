#if SQLite
/// A parameter of a statement.
enum SQLiteValue {
    /// The absence of a value.
    case null
    /// An `INTEGER`.
    case int64(Int64)
    /// A `TEXT`.
    case text(String)
    /// A `BLOB`.
    case bytes([UInt8])

    /// An `INTEGER`, or the absence of a value.
    static func optional(_ number: Int64?) -> SQLiteValue { number.map { .int64($0) } ?? .null }

    /// A `TEXT`, or the absence of a value.
    static func optional(_ text: String?) -> SQLiteValue { text.map { .text($0) } ?? .null }

    /// A `BLOB`, or the absence of a value.
    static func optional(_ bytes: [UInt8]?) -> SQLiteValue { bytes.map { .bytes($0) } ?? .null }
}
#endif
