// The names are those of kmsecurity.h, which the compiler requires.
// swift-format-ignore-file: AlwaysUseLowerCamelCase
public import CKMSecurity
internal import KMCards
internal import KMPrimitives

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Derives the PARs of a column in Arrow's C data interface.
@c @implementation
public func km_par_derive_arrow(
    _ tokenizer: OpaquePointer?,
    _ schema: UnsafePointer<ArrowSchema>?,
    _ array: UnsafePointer<ArrowArray>?,
    _ digitCount: UInt32,
    _ invalidRows: km_invalid_rows,
    _ parSchema: UnsafeMutablePointer<ArrowSchema>?,
    _ parArray: UnsafeMutablePointer<ArrowArray>?,
    _ invalidCount: UnsafeMutablePointer<Int64>?,
    _ error: UnsafeMutablePointer<km_error>?
) -> km_status {
    unsafe perform(error) {
        let deriver = try PANDeriver(unsafe value(of: tokenizer, Tokenizer.self, "tokenizer"), digitCount)
        guard let parSchema = unsafe parSchema else { throw missing("par_schema") }
        guard let parArray = unsafe parArray else { throw missing("par_array") }
        guard unsafe UnsafePointer(parSchema) != schema, unsafe UnsafePointer(parArray) != array else {
            throw KMError(.argumentInvalid, "par_schema and par_array must not be the structures of the input")
        }
        // A caller releases the outputs after a failure too.
        unsafe parSchema.pointee.release = nil
        unsafe parArray.pointee.release = nil
        let becomesNull = try invalidRows.becomesNull
        let column = try unsafe TextColumn(schema, array)
        let pars = try PARColumn(rowCount: column.rowCount, parByteCount: deriver.parByteCount)
        for row in 0..<column.rowCount {
            guard let pan = try unsafe column.text(row) else {
                pars.appendNull()
                continue
            }
            do {
                try unsafe pars.append { try unsafe deriver.derive(pan, to: $0) }
            } catch let error as KMError {
                guard becomesNull, error.code != .cryptographyUnavailable else {
                    throw RowError(row: row, error: error)
                }
                pars.appendInvalid()
            }
        }
        unsafe invalidCount?.pointee = Int64(pars.invalidCount)
        unsafe pars.export(to: parArray)
        unsafe export(to: parSchema)
    }
}

/// A column of texts in the caller's memory.
@safe private struct TextColumn {
    let rowCount: Int
    private let firstRow: Int
    private let validity: UnsafePointer<UInt8>?
    private let offsets: UnsafeRawPointer?
    private let hasLargeOffsets: Bool
    private let data: UnsafePointer<UInt8>?

    /// Checks what can be checked of a column without its buffers' sizes.
    init(_ schema: UnsafePointer<ArrowSchema>?, _ array: UnsafePointer<ArrowArray>?) throws {
        guard let schema = unsafe schema?.pointee else { throw missing("schema") }
        guard let array = unsafe array?.pointee else { throw missing("array") }
        guard unsafe schema.release != nil, unsafe array.release != nil else {
            throw invalid("the column was released before the call")
        }
        guard let format = unsafe schema.format else { throw invalid("the schema has no format") }
        switch unsafe (format[0], format[0] == 0 ? 0 : format[1]) {
        case (CChar(UInt8(ascii: "u")), 0): hasLargeOffsets = false
        case (CChar(UInt8(ascii: "U")), 0): hasLargeOffsets = true
        default: throw invalid("the type of the column must be utf8 (format u) or large_utf8 (format U)")
        }
        guard unsafe schema.dictionary == nil, unsafe array.dictionary == nil else {
            throw invalid("the column must not be dictionary-encoded; decode it first")
        }
        guard unsafe schema.n_children == 0, unsafe array.n_children == 0 else {
            throw invalid("a column of texts has no children")
        }
        guard unsafe array.n_buffers == 3, let buffers = unsafe array.buffers else {
            throw invalid("a column of texts has 3 buffers; got \(unsafe array.n_buffers)")
        }
        try checkRowCount(unsafe array.length, "the length of the column")
        guard unsafe (0...1 << 48).contains(array.offset) else {
            throw invalid("the offset of the column must be 0 to 2^48; got \(unsafe array.offset)")
        }
        guard unsafe (-1...array.length).contains(array.null_count) else {
            throw invalid("the null count must be -1 to the length; got \(unsafe array.null_count)")
        }
        rowCount = Int(unsafe array.length)
        firstRow = Int(unsafe array.offset)
        unsafe validity = buffers[0]?.assumingMemoryBound(to: UInt8.self)
        unsafe offsets = buffers[1]
        unsafe data = buffers[2]?.assumingMemoryBound(to: UInt8.self)
        guard unsafe validity != nil || array.null_count <= 0 else {
            throw invalid("a column with nulls needs a validity bitmap; it is NULL")
        }
        guard unsafe offsets != nil || rowCount == 0 else {
            throw invalid("the buffer of offsets is NULL")
        }
    }

    /// Returns the text of a row; nil for a null.
    func text(_ row: Int) throws -> UnsafeBufferPointer<UInt8>? {
        let place = firstRow + row
        if let validity = unsafe validity, unsafe validity[place >> 3] & (1 << UInt8(place & 7)) == 0 { return nil }
        let (start, end) = (offset(place), offset(place + 1))
        // The last offset is the size of the texts, so that no text reaches beyond them.
        guard 0 <= start, start <= end, end <= offset(firstRow + rowCount) else {
            let error = invalid("the offsets must not be negative or decrease; got \(start) and \(end)")
            throw RowError(row: row, error: error)
        }
        guard start < end else { return unsafe UnsafeBufferPointer(start: nil, count: 0) }
        guard let data = unsafe data else { throw RowError(row: row, error: invalid("the buffer of texts is NULL")) }
        return unsafe UnsafeBufferPointer(start: data + Int(start), count: Int(end - start))
    }

    private func offset(_ place: Int) -> Int64 {
        guard let offsets = unsafe offsets else { return 0 }
        // Buffers should be aligned, but need not be.
        guard hasLargeOffsets else {
            return Int64(unsafe offsets.loadUnaligned(fromByteOffset: 4 * place, as: Int32.self))
        }
        return unsafe offsets.loadUnaligned(fromByteOffset: 8 * place, as: Int64.self)
    }
}

/// A column of PARs, which is filled row by row and then given to the caller.
///
/// `@safe`: every write is within the memory for `rowCount` rows, which `append` checks.
@safe private final class PARColumn {
    private let rowCount: Int
    private let parByteCount: Int
    private let buffers: UnsafeMutablePointer<UnsafeRawPointer?>
    private let validity: UnsafeMutablePointer<UInt8>
    private let offsets: UnsafeMutablePointer<Int32>
    private let data: UnsafeMutablePointer<UInt8>
    private var count = 0
    private var parCount = 0
    private(set) var invalidCount = 0

    init(rowCount: Int, parByteCount: Int) throws {
        self.rowCount = rowCount
        self.parByteCount = parByteCount
        let memory: [UnsafeMutableRawPointer?] = unsafe [
            3 * MemoryLayout<UnsafeRawPointer?>.stride, (rowCount + 7) / 8, 4 * (rowCount + 1), parByteCount * rowCount,
        ].map { unsafe allocated($0) }
        guard let buffers = unsafe memory[0], let validity = unsafe memory[1], let offsets = unsafe memory[2],
            let data = unsafe memory[3]
        else {
            unsafe memory.forEach { unsafe free($0) }
            throw KMError(.cryptographyUnavailable, "there is no memory for the column of PARs")
        }
        unsafe self.buffers = buffers.bindMemory(to: UnsafeRawPointer?.self, capacity: 3)
        unsafe self.validity = validity.bindMemory(to: UInt8.self, capacity: (rowCount + 7) / 8)
        unsafe self.offsets = offsets.bindMemory(to: Int32.self, capacity: rowCount + 1)
        unsafe self.data = data.bindMemory(to: UInt8.self, capacity: parByteCount * rowCount)
        unsafe self.offsets[0] = 0
    }

    deinit {
        unsafe free(buffers)
        unsafe free(validity)
        unsafe free(offsets)
        unsafe free(data)
    }

    /// Appends the PAR that `derive` writes.
    ///
    /// The loop over the rows appends once for each, so that the column is never full here.
    func append(_ derive: (UnsafeMutablePointer<UInt8>) throws -> Void) throws {
        precondition(count < rowCount, "the column has memory for its rows only")
        try unsafe derive(data + parCount * parByteCount)
        unsafe validity[count >> 3] |= 1 << UInt8(count & 7)
        parCount += 1
        close()
    }

    func appendNull() {
        precondition(count < rowCount, "the column has memory for its rows only")
        close()
    }

    func appendInvalid() {
        invalidCount += 1
        appendNull()
    }

    private func close() {
        count += 1
        unsafe offsets[count] = Int32(parCount * parByteCount)
    }

    /// Gives the column to the caller, who releases it.
    func export(to array: UnsafeMutablePointer<ArrowArray>) {
        unsafe buffers[0] = parCount == count ? nil : UnsafeRawPointer(validity)
        unsafe buffers[1] = UnsafeRawPointer(offsets)
        unsafe buffers[2] = UnsafeRawPointer(data)
        unsafe array.pointee = ArrowArray(
            length: Int64(count),
            null_count: Int64(count - parCount),
            offset: 0,
            n_buffers: 3,
            n_children: 0,
            buffers: buffers,
            children: nil,
            dictionary: nil,
            release: { array in
                guard let array = unsafe array, let storage = unsafe array.pointee.private_data else { return }
                unsafe array.pointee.private_data = nil
                unsafe array.pointee.release = nil
                unsafe Unmanaged<PARColumn>.fromOpaque(storage).release()
            },
            private_data: Unmanaged.passRetained(self).toOpaque()
        )
    }
}

/// Gives the schema of a column of PARs to the caller, who releases it.
private func export(to schema: UnsafeMutablePointer<ArrowSchema>) {
    unsafe schema.pointee = ArrowSchema(
        format: cText("u"),
        name: cText(""),
        metadata: nil,
        flags: Int64(ARROW_FLAG_NULLABLE),
        n_children: 0,
        children: nil,
        dictionary: nil,
        release: { schema in unsafe schema?.pointee.release = nil },
        private_data: nil
    )
}

/// Returns a text of the program's constant data, which ends with a NUL byte.
private func cText(_ text: StaticString) -> UnsafePointer<CChar> {
    unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

private func invalid(_ detail: String) -> KMError {
    KMError(.arrowInvalid, detail)
}

/// Allocates zeroed memory with Arrow's recommended alignment of 64 bytes; at least one block, so that it has an address.
private func allocated(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    let rounded = (max(1, byteCount) + 63) & ~63
    guard let memory = unsafe aligned_alloc(64, rounded) else { return nil }
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: rounded)
    return unsafe memory
}

extension km_invalid_rows {
    fileprivate var becomesNull: Bool {
        get throws {
            switch self {
            case KM_INVALID_ROWS_FAIL: false
            case KM_INVALID_ROWS_BECOME_NULL: true
            default: throw unknown("invalid_rows", rawValue, expected: "0 (fail) or 1 (become null)")
            }
        }
    }
}
