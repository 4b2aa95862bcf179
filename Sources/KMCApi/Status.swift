internal import CKMSecurity
internal import KMPrimitives

/// An error of one row of a batch.
struct RowError: Error {
    let row: Int
    let error: KMError
}

/// Runs a function of the C interface: returns its status, and describes a failure in `report`.
func perform(_ report: UnsafeMutablePointer<km_error>?, _ body: () throws -> Void) -> km_status {
    do {
        try body()
        return unsafe describe(KM_SUCCESS, "", row: -1, report)
    } catch let error as RowError {
        let detail = "row \(error.row): \(error.error.detail)"
        return unsafe describe(status(of: error.error.code), detail, row: Int64(error.row), report)
    } catch let error as KMError {
        let status = status(of: error.code)
        return unsafe describe(status, status == KM_ERROR_OTHER ? "\(error)" : error.detail, row: -1, report)
    } catch {
        return unsafe describe(KM_ERROR_OTHER, "an error of an unknown type", row: -1, report)
    }
}

/// The numbers of the codes, by the names in the table of the C target.
private let statuses: [KMError.Code: km_status] = {
    var statuses: [KMError.Code: km_status] = [:]
    for number in Int32(1)...255 {
        guard let name = unsafe km_status_name(number) else { continue }
        statuses[KMError.Code(unsafe String(cString: name))] = km_status(UInt32(number))
    }
    return statuses
}()

func status(of code: KMError.Code) -> km_status {
    statuses[code] ?? KM_ERROR_OTHER
}

/// Writes the description of a result, whose detail is cut at the end of a character.
private func describe(
    _ status: km_status,
    _ detail: String,
    row: Int64,
    _ report: UnsafeMutablePointer<km_error>?
) -> km_status {
    guard let report = unsafe report, let start = MemoryLayout<km_error>.offset(of: \.detail) else { return status }
    unsafe report.pointee.status = Int32(bitPattern: status.rawValue)
    unsafe report.pointee.reserved = 0
    unsafe report.pointee.row = row
    let target = unsafe UnsafeMutableRawPointer(report) + start
    let room = MemoryLayout<km_error>.size - start - 1
    var count = 0
    for character in detail.unicodeScalars {
        let bytes = Array(String(character).utf8)
        guard count + bytes.count <= room else { break }
        for byte in bytes {
            unsafe target.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
            count += 1
        }
    }
    unsafe target.storeBytes(of: 0, toByteOffset: count, as: UInt8.self)
    return status
}

extension KMError.Code {
    /// An argument is NULL or outside its range; the detail names it.
    static let argumentInvalid = Self("argumentInvalid")
    /// The output has more bytes than the caller's buffer.
    static let bufferTooSmall = Self("bufferTooSmall")
    /// A column is not a utf8 or large_utf8 array of Arrow's C data interface.
    static let arrowInvalid = Self("arrowInvalid")
}

/// The error of an argument that must not be NULL.
func missing(_ name: String) -> KMError {
    KMError(.argumentInvalid, "\(name) must not be NULL")
}

/// The error of an argument that is none of an enumeration's values.
func unknown(_ name: String, _ number: UInt32, expected: String) -> KMError {
    KMError(.argumentInvalid, "\(name) must be \(expected); got \(number)")
}
