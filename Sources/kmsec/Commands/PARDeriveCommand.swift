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

    @OptionGroup var options: LineOptions

    func validate() throws {
        guard json == !paths.isEmpty else {
            throw ValidationError(json ? "--json requires --field PATH, the path of a PAN" : "--field requires --json")
        }
        guard json || beside == nil else { throw ValidationError("--beside requires --json") }
        guard beside != "" else { throw ValidationError("--beside must be the name of a member; it is empty") }
        if let digits, !PAN.digitCounts.contains(digits) { throw ValidationError("--digits must be 12 to 19") }
        do {
            _ = try json ? PANPlaces(paths, beside: beside) : nil
        } catch let error as KMError {
            throw ValidationError(error.detail)
        }
    }

    func run() async throws {
        let transform = PANLines(
            tokenizer: try PARTokenizer(key.load(), prefix: prefix),
            digitCount: digits,
            separators: allowSeparators ? .spacesAndHyphens : .none
        )
        let places = json ? try PANPlaces(paths, beside: beside) : nil
        try await options.lines.run(
            to: options.output,
            noun: json ? "documents" : "card numbers",
            expecting: json ? "one JSON document on each line is" : "one card number on each line is"
        ) { stream in
            if let places { return await stream.run(PANFields(lines: transform, places: places)) }
            return await stream.run(transform)
        }
    }
}
