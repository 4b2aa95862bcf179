import ArgumentParser
import Foundation
import KMCommandLine
import KMPrimitives
import KMSecurity

/// Derives the PARs of many PANs, line by line.
struct PARDeriveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "derive",
        abstract: "Derive PARs: read one PAN per line, write one PAR per line in the same order.",
        usage: """
            kmsec par derive (--key-file <file> | --key-env <name>) [--key-version <number>]
                             [--check-value <digits>] [--prefix <prefix>] [--digits <count>]
                             [--allow-separators] [--json --field <path> ... [--beside <name>]]
                             [--from-line <number>] [--output <file>] [<file>]
            """,
        discussion: """
            With --json, each line is a JSON document. The PAR replaces the PAN or, with --beside, is added after it. \
            All other bytes stay the same. If a line has an error, its output line is empty, its number and the reason \
            go to standard error, and the exit status is 1. The command uses all processors and constant memory. After \
            a failure or Control-C, the last message names the line to continue from.
            """
    )

    @OptionGroup var key: TokenizationKeyOptions

    @Option(
        help: "The first characters of each PAR: 2 for PARs of 27 characters, 4 for EMVCo's of 29 (default: Q1).",
        transform: PAR.Prefix.init(_:)
    )
    var prefix = PAR.Prefix.platform

    @Option(help: ArgumentHelp("The number of digits that each PAN must have (default: 12 to 19).", valueName: "count"))
    var digits: Int?

    @Flag(help: "Accept spaces and hyphens between digits.")
    var allowSeparators = false

    @Flag(help: "Read one JSON document per line.")
    var json = false

    @Option(
        name: .customLong("field"),
        help: ArgumentHelp("With --json: the JSONPath of a PAN; can be repeated.", valueName: "path"),
        transform: JSONPath.init(_:)
    )
    var paths: [JSONPath] = []

    @Option(
        help: ArgumentHelp(
            "With --json: keep the PAN, and add the PAR after it as a member with this name.",
            valueName: "name"
        )
    )
    var beside: String?

    @Option(help: ArgumentHelp("The line to start from; the first line is 1.", valueName: "number"))
    var fromLine = 1

    @OptionGroup var input: InputOptions

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp(
            "The output file (mode 0600), which must not exist; standard output if omitted or -.",
            valueName: "file"
        ),
        completion: .file()
    )
    var output: String?

    func validate() throws {
        guard json == !paths.isEmpty else {
            throw ValidationError(json ? "--json requires --field PATH, the path of a PAN" : "--field requires --json")
        }
        guard json || beside == nil else { throw ValidationError("--beside requires --json") }
        guard beside != "" else { throw ValidationError("--beside must be the name of a member; it is empty") }
        guard fromLine > 0 else { throw ValidationError("--from-line must be 1 or more") }
        if let digits, !PAN.digitCounts.contains(digits) { throw ValidationError("--digits must be 12 to 19") }
        do {
            _ = try json ? PANPlaces(paths, beside: beside) : nil
        } catch let error as KMError {
            throw ValidationError(error.detail)
        }
    }

    func run() async throws {
        let lines = PANLines(
            tokenizer: try PARTokenizer(key.load(), prefix: prefix),
            digitCount: digits,
            separators: allowSeparators ? .spacesAndHyphens : .none
        )
        let source = try input.open()
        let file = output == "-" ? nil : output
        let target = try file.map { try Descriptor.making($0) } ?? .standardOutput
        let stream = LineStream(
            input: source,
            output: target,
            firstLine: fromLine,
            noun: json ? "documents" : "card numbers"
        )
        let summary =
            if json {
                await stream.run(PANFields(lines: lines, places: try PANPlaces(paths, beside: beside)))
            } else {
                await stream.run(lines)
            }
        if summary.failure == nil, file != nil { try target.synchronize() }
        if let failure = summary.failure {
            let error = failure as? KMError
            Messages.error(error.map { "\($0)" } ?? "interrupted")
            if error?.code != .lineMissing {
                let last = summary.lastLine
                let other = file == nil ? "" : " and another output file"
                let next = "--from-line \(last + 1)\(other)"
                Messages.hint("the output ends with line \(last) of the input; continue with \(next)")
            }
            throw ExitCode.failure
        }
        if summary.lineCount == 0, fromLine == 1 {
            let expected = json ? "one JSON document on each line is" : "one card number on each line is"
            Messages.warning("\(input.name) is empty; \(expected) expected")
        }
        guard summary.faultCount == 0 else {
            let (count, lines) = (summary.faultCount, counted(summary.lineCount, "line"))
            Messages.error(
                "\(count) of \(lines) \(count == 1 ? "has an error; its output line is" : "have errors; their output lines are") empty"
            )
            throw ExitCode.failure
        }
    }
}
