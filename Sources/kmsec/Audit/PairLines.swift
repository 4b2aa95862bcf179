internal import KMDiagnosis
import KMPrimitives
import KMSecurity

/// Reads lines that are a PAN, a comma and a PAR.
struct PairLines {
    /// The number of lines.
    private(set) var count = 0
    /// The number of lines with an error.
    private(set) var faultCount = 0

    /// Adds the pairs of a batch of lines to an audit.
    ///
    /// - Parameters:
    ///   - batch: The lines.
    ///   - audit: The audit.
    /// - Returns: The errors of single lines, with the numbers of the lines.
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    mutating func append(_ batch: LineReader.Batch, to audit: inout PARAudit) throws -> [String] {
        var faults: [String] = []
        func report(_ error: KMError, _ line: Int) { faults.append("line \(line): \(error)") }
        if batch.isOverlong {
            count += 1
            report(LineReader.overlongLine, count)
        }
        try batch.forEachLine { line in
            count += 1
            do {
                try Self.append(line, number: count, to: &audit)
            } catch let error as KMError where error.code != .cryptographyUnavailable {
                report(error, count)
            }
        }
        faultCount += faults.count
        return faults
    }

    private static func append(_ line: Span<UInt8>, number: Int, to audit: inout PARAudit) throws {
        try ByteOrderMark.check(line, .pairMalformed)
        // Files from other systems may end lines with CRLF.
        let end = line.count > 0 && line[line.count - 1] == UInt8(ascii: "\r") ? line.count - 1 : line.count
        guard let comma = (0..<end).first(where: { line[$0] == UInt8(ascii: ",") }) else {
            throw KMError(.pairMalformed, "a line must be a card number, a comma and a PAR; it has no comma")
        }
        try audit.append(digits: line.extracting(0..<comma), par: line.extracting((comma + 1)..<end), line: number)
    }
}

extension KMError.Code {
    /// A line is not a PAN, a comma and a PAR.
    static let pairMalformed = Self("pairMalformed")
}
