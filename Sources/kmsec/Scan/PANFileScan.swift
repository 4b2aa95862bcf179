import KMCommandLine
internal import KMDiagnosis
import KMSecurity

/// Scans files for card numbers and writes the findings.
struct PANFileScan {
    /// The number of bytes to read at once.
    private static let readByteCount = 1 << 18
    /// The number of bytes between two updates of the progress line.
    private static let progressStep = 64 << 20

    let issuers: [IssuerRange]?
    let isJSON: Bool
    /// The number of bytes read from all files.
    private(set) var byteCount = 0
    private var buffer = [UInt8](repeating: 0, count: readByteCount)

    init(issuers: [IssuerRange]?, isJSON: Bool) {
        self.issuers = issuers
        self.isJSON = isJSON
    }

    /// Scans `file` to its end, and writes a line for each finding.
    ///
    /// - Parameters:
    ///   - file: An open file.
    ///   - findingCount: The count to which the number of findings is added, even if reading fails later.
    /// - Returns: The format of a compressed file, which is not scanned; nil for a scanned file.
    /// - Throws: ``KMError`` `fileUnreadable` or `fileUnwritable`.
    mutating func run(_ file: Descriptor, findingCount: inout Int) throws -> CompressedFormat? {
        let isInput = file.number == Descriptor.standardInput.number
        let output = FindingOutput(file: isInput ? "-" : MessageMasking.apply(to: file.name), isJSON: isJSON)
        defer { findingCount += output.findingCount }
        var scanner = PANScanner(issuers: issuers)
        do {
            var filled = try read(file, from: 0)
            // The first reads from a pipe may return fewer bytes than are needed to recognize a format.
            while filled > 0, filled < CompressedFormat.signatureByteCount {
                let count = try read(file, from: filled)
                guard count > 0 else { break }
                filled += count
            }
            if let format = CompressedFormat(of: buffer[..<filled]) { return format }
            while filled > 0 {
                try scanner.append(buffer.span.extracting(first: filled), output.write)
                try output.flush()
                showProgress(file, filled)
                filled = try read(file, from: 0)
            }
        } catch let error as KMError where error.code == .fileUnreadable {
            try scanner.finish(output.write)
            try output.flush()
            throw error
        }
        try scanner.finish(output.write)
        try output.flush()
        return nil
    }

    private mutating func read(_ file: Descriptor, from start: Int) throws -> Int {
        try unsafe buffer.withUnsafeMutableBytes { bytes in
            try unsafe file.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[start...])) ?? 0
        }
    }

    private mutating func showProgress(_ file: Descriptor, _ count: Int) {
        byteCount += count
        guard byteCount % Self.progressStep < count else { return }
        Terminal.progress("scanning \(Terminal.printable(file.name)): \(byteCount >> 20) MiB")
    }
}
