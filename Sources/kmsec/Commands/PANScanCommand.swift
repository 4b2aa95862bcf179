import ArgumentParser
import Foundation
import KMSecurity

/// Finds card numbers that stand in the clear.
struct PANScanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Find card numbers that stand in the clear: text of any kind in, a line for each out, masked.",
        discussion: """
            A line is FILE:LINE:COLUMN: NUMBER PATH. Columns count bytes, from 1. The path is there where the file, or the \
            line, is a JSON object or array of at most 16 MiB. Exit status: 0 when there is none, 1 when there is one or a \
            file cannot be read. Groups of digits may be parted by blanks or hyphens. Not found are numbers beside letters, \
            in full-width digits, or parted by dots, slashes or by this and that; compressed, encoded or encrypted data \
            is not opened.
            """
    )

    @Flag(help: "Write JSON: an object a line for each number.")
    var json = false

    @Flag(help: "Take numbers of any issuer: each tenth number of 12 to 19 digits passes by chance.")
    var anyIssuer = false

    @Argument(
        help: ArgumentHelp("Files; standard input when there is none, or for -.", valueName: "file"),
        completion: .file()
    )
    var files: [String] = []

    func run() throws {
        let paths = files.isEmpty ? ["-"] : files
        var counts = Counts()
        var byteCount = 0
        for path in paths {
            var scan = PANFileScan(path: path, issuers: anyIssuer ? nil : IssuerRange.known, isJSON: json)
            do {
                try scan.run()
            } catch let error as KMError where error.code == .fileUnreadable {
                Terminal.progress(nil)
                Messages.error(PANScanner.masking("\(error)"))
                counts.unreadable += 1
            }
            counts.numbers += scan.findingCount
            counts.files += scan.findingCount > 0 ? 1 : 0
            byteCount += scan.byteCount
        }
        Messages.note(summary(counts, byteCount))
        guard counts.numbers == 0, counts.unreadable == 0 else { throw ExitCode.failure }
    }

    /// What was found, in how many files, and how many could not be read.
    private struct Counts {
        var numbers = 0
        var files = 0
        var unreadable = 0
    }

    /// The last line: what was found, and in how much.
    private func summary(_ counts: Counts, _ byteCount: Int) -> String {
        let given = files.isEmpty ? 1 : files.count
        let read = given - counts.unreadable
        let place =
            files.isEmpty
            ? "standard input"
            : counts.numbers == 0 ? Self.counted(read, "file") : "\(counts.files) of \(Self.counted(given, "file"))"
        let bytes = Self.counted(byteCount, "byte")
        let unreadable = counts.unreadable == 0 ? "" : "; \(Self.counted(counts.unreadable, "file")) could not be read"
        if counts.numbers > 0 {
            return "\(Self.counted(counts.numbers, "card number")) in \(place) (\(bytes))\(unreadable)"
        }
        if files.isEmpty, byteCount == 0, read > 0 { return "standard input is empty; the text to scan is expected" }
        return read == 0 ? "nothing was read" : "no card number found in \(place) (\(bytes))\(unreadable)"
    }

    private static func counted(_ count: Int, _ name: String) -> String {
        "\(count) \(name)\(count == 1 ? "" : "s")"
    }
}

/// Reads one file and tells what is in it.
private struct PANFileScan {
    /// A finding, as `--json` writes it.
    private struct Line: Encodable {
        let file: String
        let line, column, offset: Int
        let path: String?
        let masked: String
        let issuer: String?
        let digits: Int
    }

    /// How many bytes are read between two lines of progress.
    private static let progressStep = 64 << 20

    private(set) var findingCount = 0
    private(set) var byteCount = 0
    private let path: String
    /// The path as it is told: a card number in it is masked.
    private let name: String
    private let isJSON: Bool
    private var scanner: PANScanner
    private let encoder = JSONEncoder()

    init(path: String, issuers: [IssuerRange]?, isJSON: Bool) {
        self.path = path
        self.isJSON = isJSON
        name = MessageMasking.apply(to: path)
        scanner = PANScanner(issuers: issuers)
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    mutating func run() throws {
        do {
            let input = path == "-" ? Descriptor.standardInput : try Descriptor.opening(path)
            defer { if path != "-" { input.close() } }
            try input.readParts(byteCount: 1 << 20) { part in
                try tell(scanner.append(part))
                byteCount += part.count
                if byteCount % Self.progressStep < part.count {
                    Terminal.progress("scanning \(Terminal.printable(name)): \(byteCount >> 20) MiB")
                }
            }
        } catch {
            // What was read before a failure is told as well.
            try tell(scanner.finish())
            throw error
        }
        Terminal.progress(nil)
        try tell(scanner.finish())
    }

    private mutating func tell(_ findings: [PANFinding]) throws {
        guard !findings.isEmpty else { return }
        findingCount += findings.count
        var lines: [UInt8] = []
        for finding in findings {
            if isJSON { lines += try encoder.encode(line(finding)) } else { lines += text(finding).utf8 }
            lines.append(UInt8(ascii: "\n"))
        }
        Terminal.progress(nil)
        try Streams.write(lines)
    }

    private func text(_ finding: PANFinding) -> String {
        let path = finding.jsonPath.map { " \($0)" } ?? ""
        return Terminal.printable("\(name):\(finding.line):\(finding.column): \(finding.masked)\(path)")
    }

    private func line(_ finding: PANFinding) -> Line {
        Line(
            file: name,
            line: finding.line,
            column: finding.column,
            offset: finding.byteRange.lowerBound,
            path: finding.jsonPath,
            masked: finding.masked,
            issuer: finding.issuer,
            digits: finding.digitCount
        )
    }
}
