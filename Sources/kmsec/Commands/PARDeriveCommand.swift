import ArgumentParser
import Foundation
import KMPrimitives
import KMSecurity

/// Derives PARs of many PANs.
struct PARDeriveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "derive",
        abstract: "Derive PARs: a PAN a line in, its PAR a line out, in order.",
        usage: """
            kmsec par derive (--key-file <file> | --key-env <name>) [--key-version <number>]
                             [--check-value <digits>] [--prefix <prefix>] [--digits <count>]
                             [--allow-separators] [--json --field <path> ... [--beside <name>]]
                             [--from-line <number>] [--output <file>] [<file>]
            """,
        discussion: """
            With --json each line is a JSON document, and the PAR takes the PAN's place, or stands beside it; every other \
            byte stays. A line at fault is told by its number and the reason on standard error and comes out empty; the \
            exit status is then 1. Runs on all processors, in constant memory. After a failure or Control-C the last \
            message tells the line to go on from.
            """
    )

    @OptionGroup var key: TokenizationKeyOptions

    @Option(
        help: "What PARs begin with: 2 characters for those of 27, 4 for EMVCo's of 29 (default: Q1).",
        transform: PAR.Prefix.init(_:)
    )
    var prefix = PAR.Prefix.platform

    @Option(help: ArgumentHelp("How many digits a PAN must have (default: 12 to 19).", valueName: "count"))
    var digits: Int?

    @Flag(help: "Take spaces and hyphens between digits.")
    var allowSeparators = false

    @Flag(help: "A JSON document a line.")
    var json = false

    @Option(
        name: .customLong("field"),
        help: ArgumentHelp("With --json: the JSONPath of a PAN; may be given several times.", valueName: "path"),
        transform: JSONPath.init(_:)
    )
    var paths: [JSONPath] = []

    @Option(
        help: ArgumentHelp(
            "With --json: keep the PAN, and add the PAR after it in a member of this name.",
            valueName: "name"
        )
    )
    var beside: String?

    @Option(help: ArgumentHelp("Begin at this line, the first being 1.", valueName: "number"))
    var fromLine = 1

    @OptionGroup var input: InputOptions

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp(
            "The output file, which must not exist (mode 0600); standard output if it is missing or -.",
            valueName: "file"
        ),
        completion: .file()
    )
    var output: String?

    func validate() throws {
        guard json == !paths.isEmpty else {
            throw ValidationError(json ? "--json takes --field PATH, the PAN's place" : "--field goes with --json")
        }
        guard json || beside == nil else { throw ValidationError("--beside goes with --json") }
        guard beside != "" else { throw ValidationError("--beside takes the name of a member") }
        guard fromLine > 0 else { throw ValidationError("--from-line takes 1 or more") }
        if let digits, !PAN.digitCounts.contains(digits) { throw ValidationError("--digits takes 12 to 19") }
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
                Messages.hint("the output ends with line \(last) of the input; go on with \(next)")
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
