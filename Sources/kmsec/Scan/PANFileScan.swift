import Foundation
import Glibc
import KMCommandLine
internal import KMDiagnosis
import KMSecurity

/// Scans files for card numbers and writes the findings.
struct PANFileScan {
    /// The number of bytes to read at once.
    private static let readByteCount = 1 << 18
    /// The size from which a file is surveyed in parts, by several threads if there are several processors.
    private static let parallelByteCount = 1 << 20
    /// The largest number of threads.
    ///
    /// More would wait for each other, because the lines and findings are counted in order.
    private static let maximumThreadCount = 4

    let issuers: [IssuerRange]?
    let isJSON: Bool
    /// The number of bytes read from all files.
    private(set) var byteCount = 0
    private var buffer = [UInt8](repeating: 0, count: readByteCount)
    /// The number of threads for a large file, one per processor that the process may use.
    private let threadCount = min(maximumThreadCount, ProcessInfo.processInfo.activeProcessorCount)

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
        let scanner = PANScanner(issuers: issuers)
        var scan = OpenScan(scanner: scanner, output: output, name: file.name, byteCount: byteCount)
        defer {
            findingCount += scan.output.findingCount
            byteCount = scan.byteCount
        }
        do {
            var filled = try file.read(into: &buffer, from: 0)
            // The first reads from a pipe may return fewer bytes than are needed to recognize a format.
            while filled > 0, filled < CompressedFormat.signatureByteCount {
                let count = try file.read(into: &buffer, from: filled)
                guard count > 0 else { break }
                filled += count
            }
            if let format = CompressedFormat(of: buffer[..<filled]) { return format }
            try scan.take(buffer.span.extracting(first: filled), nil)
            if file.isLarge(Self.parallelByteCount) {
                try parts.run(file, &scan)
            } else {
                while filled > 0 {
                    filled = try file.read(into: &buffer, from: 0)
                    try scan.take(buffer.span.extracting(first: filled), nil)
                }
            }
        } catch let error as KMError where error.code == .fileUnreadable {
            try scan.finish()
            throw error
        }
        try scan.finish()
        return nil
    }

    private var parts: ParallelParts<OpenScan, PANSurvey> {
        ParallelParts(
            byteCount: Self.readByteCount,
            threadCount: threadCount,
            prepare: { [issuers] part in PANSurvey(part, issuers) },
            take: { scan, part, survey in try scan.take(part, survey) }
        )
    }
}

/// The scan of a file that is being read.
private struct OpenScan: Sendable {
    /// The number of bytes between two updates of the progress line.
    private static let progressStep = 64 << 20

    var scanner: PANScanner
    var output: FindingOutput
    let name: String
    /// The number of bytes read from this file and all files before it.
    var byteCount: Int

    /// Scans the next part of the file.
    ///
    /// - Parameters:
    ///   - part: The part; an empty one has no effect.
    ///   - survey: The survey of the part, if there is one.
    /// - Throws: ``KMError`` `fileUnwritable`.
    mutating func take(_ part: Span<UInt8>, _ survey: PANSurvey?) throws {
        guard !part.isEmpty else { return }
        if let survey {
            try scanner.append(part, survey) { finding in try output.write(finding) }
        } else {
            try scanner.append(part) { finding in try output.write(finding) }
        }
        try output.flush()
        byteCount += part.count
        guard byteCount % Self.progressStep < part.count else { return }
        Terminal.progress("scanning \(Terminal.printable(name)): \(byteCount >> 20) MiB")
    }

    /// Scans the end of the file.
    ///
    /// - Throws: ``KMError`` `fileUnwritable`.
    mutating func finish() throws {
        try scanner.finish { finding in try output.write(finding) }
        try output.flush()
    }
}

extension Descriptor {
    /// Returns whether this is a file of at least `byteCount` bytes, and not a pipe or a device.
    fileprivate func isLarge(_ byteCount: Int) -> Bool {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFREG && status.st_size >= byteCount
    }
}
