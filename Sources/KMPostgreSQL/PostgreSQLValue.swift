#if PostgreSQL
/// A parameter of a statement, which is sent in PostgreSQL's binary format.
package enum PostgreSQLValue: Sendable {
    /// A `bigint`.
    case int64(Int64)
    /// A `text`.
    case text(String)
    /// A `bigint[]`.
    case int64s([Int64])
    /// A `text[]`.
    case texts([String])
    /// A `bytea[]`.
    case byteArrays([[UInt8]])

    /// The object identifier of the type, from PostgreSQL's catalog `pg_type`.
    var typeID: UInt32 {
        switch self {
        case .int64: 20
        case .text: 25
        case .int64s: 1016
        case .texts: 1009
        case .byteArrays: 1001
        }
    }

    /// Appends the binary format of the value.
    func append(to bytes: inout [UInt8]) {
        switch self {
        case .int64(let number): bytes.append(bigEndian: number)
        case .text(let text): bytes += text.utf8
        case .int64s(let numbers):
            bytes.append(headerOfArray: numbers.count, elementType: 20)
            for number in numbers {
                bytes.append(bigEndian: Int32(8))
                bytes.append(bigEndian: number)
            }
        case .texts(let texts):
            bytes.append(headerOfArray: texts.count, elementType: 25)
            for text in texts {
                bytes.append(bigEndian: Int32(text.utf8.count))
                bytes += text.utf8
            }
        case .byteArrays(let arrays):
            bytes.append(headerOfArray: arrays.count, elementType: 17)
            for array in arrays {
                bytes.append(bigEndian: Int32(array.count))
                bytes += array
            }
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian number: some FixedWidthInteger) {
        for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    /// Appends the header of an array of one dimension without nulls.
    fileprivate mutating func append(headerOfArray count: Int, elementType: Int32) {
        append(bigEndian: Int32(count == 0 ? 0 : 1))
        append(bigEndian: Int32(0))
        append(bigEndian: elementType)
        guard count > 0 else { return }
        append(bigEndian: Int32(count))
        append(bigEndian: Int32(1))
    }
}
#endif
