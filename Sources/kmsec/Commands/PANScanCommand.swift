import ArgumentParser
import Foundation
import KMCommandLine
import KMSecurity

/// Finds unencrypted card numbers in files and directories.
struct PANScanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Find unencrypted card numbers in text of any kind; write a line for each, with the number masked.",
        discussion: """
            Each line is FILE:LINE:COLUMN: NUMBER PATH. Columns count bytes, from 1. PATH is the JSONPath of the \
            number; it appears if the file, or the line, is a JSON object or array. Memory use does not grow with the \
            input.

            A directory is scanned with all its subdirectories, in the order of their names. In a directory, symbolic \
            links are not followed, and devices, pipes and sockets are not opened.

            A card number has 12 to 19 digits, a correct check digit and a known issuer. The digits are together or \
            in groups as on cards, with one to three spaces, hyphens, dots, slashes, plus signs or underscores between \
            groups. Full-width digits, escapes (JSON, URL, HTML) and UTF-16 are decoded. Next to letters, only numbers \
            of 15 or 16 digits are found, and only if these letters include one after F, so that hexadecimal text does \
            not match. Base64 and encrypted data are not decoded.

            Compressed files are reported, not scanned. Use zcat FILE | kmsec pan scan.

            Exit status: 0 if everything was scanned and no number was found. 1 if a number was found, if a file could \
            not be read, or if a file is compressed and --skip-compressed is not given.
            """
    )

    @Flag(help: "Write JSON, one object per line: one for each number, then one with the totals.")
    var json = false

    @Flag(help: "Accept any issuer. By chance, one in ten of all numbers of 12 to 19 digits is then found.")
    var anyIssuer = false

    @Flag(help: "Only count compressed files: do not report each one, and do not exit with status 1 for them.")
    var skipCompressed = false

    @Argument(
        help: ArgumentHelp("Files and directories; standard input if none is given, or for -.", valueName: "path"),
        completion: .file()
    )
    var files: [String] = []

    /// The totals of a scan, as `--json` writes them.
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
                Messages.warning(
                    "\(Terminal.printable(file.name)): not scanned, because it is compressed (\(format.name))"
                )
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

    /// Returns the last line: how many numbers were found, and how much was scanned.
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
            rest += "; \(Self.counted(totals.passedOver, "link or special file", "links or special files")) skipped"
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
