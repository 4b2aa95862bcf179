import KMCommandLine
internal import KMDiagnosis
import KMJSON
import KMSecurity

/// Writes the findings of one file to standard output, in batches.
struct FindingOutput: Sendable {
    /// The size of a batch, in bytes.
    private static let byteCount = 1 << 16

    private(set) var findingCount = 0
    private let file: String
    private let isJSON: Bool
    private var lines: [UInt8] = []

    /// Creates an output for a file.
    ///
    /// - Parameters:
    ///   - file: The name of the file, with card numbers already masked.
    ///   - isJSON: Whether to write JSON.
    init(file: String, isJSON: Bool) {
        self.file = file
        self.isJSON = isJSON
    }

    mutating func write(_ finding: PANFinding) throws {
        findingCount += 1
        if isJSON { appendJSON(finding) } else { lines += text(finding).utf8 }
        lines.append(UInt8(ascii: "\n"))
        if lines.count >= Self.byteCount { try flush() }
    }

    mutating func flush() throws {
        guard !lines.isEmpty else { return }
        Terminal.progress(nil)
        try Streams.write(lines)
        lines.removeAll(keepingCapacity: true)
    }

    private func text(_ finding: PANFinding) -> String {
        let path = finding.jsonPath.map { " \($0)" } ?? ""
        return Terminal.printable("\(file):\(finding.line):\(finding.column): \(finding.masked)\(path)")
    }

    /// Appends a JSON object with sorted members.
    private mutating func appendJSON(_ finding: PANFinding) {
        lines += "{\"column\":\(finding.column),\"digits\":\(finding.digitCount),\"file\":".utf8
        JSONString.append(file, to: &lines)
        if let issuer = finding.issuer { appendMember("issuer", issuer) }
        lines += ",\"line\":\(finding.line)".utf8
        appendMember("masked", finding.masked)
        lines += ",\"offset\":\(finding.byteRange.lowerBound)".utf8
        if let path = finding.jsonPath { appendMember("path", path) }
        lines.append(UInt8(ascii: "}"))
    }

    private mutating func appendMember(_ name: String, _ value: String) {
        lines += ",\"\(name)\":".utf8
        JSONString.append(value, to: &lines)
    }
}
