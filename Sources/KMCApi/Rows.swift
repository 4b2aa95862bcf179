// The names are those of kmsecurity.h, which the compiler requires.
// swift-format-ignore-file: AlwaysUseLowerCamelCase
public import CKMSecurity
internal import KMCards
internal import KMPrimitives

/// Derives the PARs of many PANs in one buffer.
@c @implementation
public func km_par_derive_many(
    _ tokenizer: OpaquePointer?,
    _ bytes: UnsafePointer<UInt8>?,
    _ byteCount: Int,
    _ offsets: UnsafePointer<Int64>?,
    _ rowCount: Int,
    _ digitCount: UInt32,
    _ output: UnsafeMutablePointer<UInt8>?,
    _ capacity: Int,
    _ size: UnsafeMutablePointer<Int>?,
    _ statuses: UnsafeMutablePointer<UInt8>?,
    _ error: UnsafeMutablePointer<km_error>?
) -> km_status {
    unsafe perform(error) {
        let output = try unsafe Output(output, capacity, size)
        let deriver = try PANDeriver(unsafe value(of: tokenizer, Tokenizer.self, "tokenizer"), digitCount)
        let bytes = try unsafe input(bytes, byteCount, "bytes")
        try checkRowCount(Int64(rowCount), "row_count")
        guard unsafe offsets != nil || rowCount == 0 else { throw missing("offsets") }
        let parByteCount = deriver.parByteCount
        try unsafe output.write(rowCount * parByteCount) { target in
            guard let offsets = unsafe offsets else { return }
            for row in 0..<rowCount {
                let (start, end) = unsafe (offsets[row], offsets[row + 1])
                guard 0 <= start, start <= end, end <= bytes.count else {
                    throw RowError(row: row, error: outOfBounds(start, end, bytes.count))
                }
                let par = unsafe target + row * parByteCount
                do {
                    try unsafe deriver.derive(UnsafeBufferPointer(rebasing: bytes[Int(start)..<Int(end)]), to: par)
                    unsafe statuses?[row] = 0
                } catch let error as KMError {
                    guard let statuses = unsafe statuses, error.code != .cryptographyUnavailable else {
                        throw RowError(row: row, error: error)
                    }
                    unsafe par.update(repeating: 0, count: parByteCount)
                    unsafe statuses[row] = UInt8(truncatingIfNeeded: status(of: error.code).rawValue)
                }
            }
        }
    }
}

func checkRowCount(_ count: Int64, _ name: String) throws {
    guard count >= 0, count <= Int64(KM_MAXIMUM_ROW_COUNT) else {
        throw KMError(.limitExceeded, "\(name) must be 0 to \(KM_MAXIMUM_ROW_COUNT); got \(count)")
    }
}

private func outOfBounds(_ start: Int64, _ end: Int64, _ count: Int) -> KMError {
    KMError(
        .argumentInvalid,
        "the offsets must not decrease and must be at most byte_count, \(count); got \(start) and \(end)"
    )
}
