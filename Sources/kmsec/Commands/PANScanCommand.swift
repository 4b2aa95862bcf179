import ArgumentParser
import Foundation
import KMSecurity

/// Finds card numbers that stand in the clear.
struct PANScanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Find card numbers that stand in the clear: text of any kind in, a line for each number out, masked.",
        discussion: """
            A line is FILE:LINE:COLUMN: NUMBER PATH. Columns count bytes, from 1. The path appears where the file, or a \
            line of it, is a JSON object or array. Memory does not grow with the input.

            A directory is scanned with the directories in it, in the order of their names. Symbolic links in it are not \
            followed, and devices, pipes and sockets in it are not opened.

            Found are 12 to 19 digits with a right check digit and a known issuer, together or in groups as on cards, with \
            one to three spaces, hyphens, dots, slashes, plus signs or underscores between groups. Full-width digits, \
            escapes (JSON, URL, HTML) and UTF-16 are read. Beside letters, only numbers of 15 or 16 digits are found, and \
            only if a letter on that side comes after F. Encoded (Base64) or encrypted data is not opened.

            Compressed files are not scanned, and reported: decompress them, as with zcat FILE | kmsec pan scan.

            Exit status: 0 when all was scanned and there is no number. 1 when there is one, when a file cannot be read, or \
            when a file is compressed and --skip-compressed is not given.
            """
    )

    @Flag(help: "Write JSON: an object a line for each number, then one with the totals.")
    var json = false

    @Flag(help: "Find numbers of any issuer: one in ten of all numbers of 12 to 19 digits is found by chance.")
    var anyIssuer = false

    @Flag(help: "Count compressed files only: they are not reported one by one, and the exit status is not 1 for them.")
    var skipCompressed = false

    @Argument(
        help: ArgumentHelp("Files and directories; standard input when there is none, or for -.", valueName: "path"),
        completion: .file()
    )
    var files: [String] = []

    /// What was found and read, as `--json` writes it.
    private struct Totals: Encodable {
        var numbers = 0
        var filesWithNumbers = 0
        var files = 0
        var bytes = 0
        var compressed = 0
        var unreadable = 0
        var passedOver = 0
    }

    func run() throws {
        var totals = Totals()
        var scan = PANFileScan(issuers: anyIssuer ? nil : IssuerRange.known, isJSON: json)
        for path in files.isEmpty ? ["-"] : files {
            try FileTree.visit(path) { item in
                switch item {
                case .file(let file): try run(file, &scan, &totals)
                case .unreadable(let error): report(error, &totals)
                case .passedOver: totals.passedOver += 1
                }
            }
        }
        totals.bytes = scan.byteCount
        Terminal.progress(nil)
        if json { try writeLine(totals) }
        Messages.note(summary(totals))
        let isComplete = totals.unreadable == 0 && (totals.compressed == 0 || skipCompressed)
        guard totals.numbers == 0, isComplete else { throw ExitCode.failure }
    }

    private func run(_ file: Descriptor, _ scan: inout PANFileScan, _ totals: inout Totals) throws {
        var count = 0
        do {
            if let format = try scan.run(file, findingCount: &count) {
                totals.compressed += 1
                guard !skipCompressed else { return }
                Terminal.progress(nil)
                Messages.warning("\(Terminal.printable(file.name)): not scanned, compressed (\(format.name))")
            } else {
                totals.files += 1
            }
        } catch let error as KMError where error.code == .fileUnreadable {
            report(error, &totals)
        }
        totals.numbers += count
        totals.filesWithNumbers += count > 0 ? 1 : 0
    }

    private func report(_ error: KMError, _ totals: inout Totals) {
        totals.unreadable += 1
        Terminal.progress(nil)
        Messages.error(Terminal.printable("\(error)"))
    }

    private func writeLine(_ totals: Totals) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try Streams.write(Array(encoder.encode(["totals": totals])) + [UInt8(ascii: "\n")])
    }

    /// The last line: what was found, and in how much.
    private func summary(_ totals: Totals) -> String {
        let given = totals.files + totals.unreadable
        let place =
            files.isEmpty
            ? "standard input"
            : totals.numbers == 0
                ? Self.counted(totals.files, "file")
                : "\(totals.filesWithNumbers) of \(Self.counted(given, "file"))"
        let bytes = Self.counted(totals.bytes, "byte")
        var rest = ""
        if totals.unreadable > 0 { rest += "; \(Self.counted(totals.unreadable, "file")) could not be read" }
        if totals.compressed > 0 { rest += "; \(Self.counted(totals.compressed, "compressed file")) not scanned" }
        if totals.passedOver > 0 {
            rest += "; \(Self.counted(totals.passedOver, "link or special file", "links or special files")) passed over"
        }
        if totals.numbers > 0 { return "\(Self.counted(totals.numbers, "card number")) in \(place) (\(bytes))\(rest)" }
        if files.isEmpty, totals.bytes == 0, totals.files > 0 {
            return "standard input is empty; the text to scan is expected"
        }
        return totals.files == 0 ? "nothing was scanned\(rest)" : "no card number found in \(place) (\(bytes))\(rest)"
    }

    private static func counted(_ count: Int, _ name: String, _ plural: String? = nil) -> String {
        "\(count) \(count == 1 ? name : plural ?? "\(name)s")"
    }
}
