import ArgumentParser
import Foundation
import KMCommandLine
import KMSecurity

/// The options of a command that writes one line for each line of a long input.
struct LineOptions: ParsableArguments {
    @OptionGroup var lines: LineInputOptions

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp(
            "The output file (mode 0600), which must not exist; standard output if omitted or -.",
            valueName: "file"
        ),
        completion: .file()
    )
    var output: String?
}

/// The options of a command that reads a long input line by line.
struct LineInputOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The line to start from; the first line is 1.", valueName: "number"))
    var fromLine = 1

    @OptionGroup var input: InputOptions

    func validate() throws {
        guard fromLine > 0 else { throw ValidationError("--from-line must be 1 or more") }
    }

    /// Transforms all lines, and reports what went wrong.
    ///
    /// - Parameters:
    ///   - output: The path of the output file; nil or `-` for standard output.
    ///   - noun: The name of the lines in the progress display, in the plural.
    ///   - expected: The subject and verb for the warning about an empty input, such as `one card number on each line
    ///     is`.
    ///   - hasOutput: Whether each line has a line of output.
    ///   - transform: Runs the stream.
    /// - Throws: `ExitCode.failure` after a report, or ``KMError`` for files that cannot be opened.
    func run(
        to output: String?,
        noun: String,
        expecting expected: String,
        hasOutput: Bool = true,
        _ transform: (LineStream) async -> LineStream.Summary
    ) async throws {
        let source = try input.open()
        let file = output == "-" ? nil : output
        let target = try file.map { try Descriptor.making($0) } ?? .standardOutput
        let summary = await transform(LineStream(input: source, output: target, firstLine: fromLine, noun: noun))
        if summary.failure == nil, file != nil { try target.synchronize() }
        if let failure = summary.failure {
            let error = failure as? KMError
            Messages.error(error.map { "\($0)" } ?? "interrupted")
            if error?.code == .lineMissing {
                // There was nothing to write.
                if let file { try? FileManager.default.removeItem(atPath: file) }
            } else {
                let last = summary.lastLine
                let done = hasOutput ? "the output ends with line \(last) of the input" : "line \(last) is done"
                let other = file == nil ? "" : " and another output file"
                Messages.hint("\(done); continue with --from-line \(last + 1)\(other)")
            }
            throw ExitCode.failure
        }
        if summary.lineCount == 0, fromLine == 1 {
            Messages.warning("\(input.name) is empty; \(expected) expected")
        }
        guard summary.faultCount == 0 else {
            let (count, lines) = (summary.faultCount, counted(summary.lineCount, "line"))
            let verb = count == 1 ? "has an error" : "have errors"
            let effect = !hasOutput ? "" : count == 1 ? "; its output line is empty" : "; their output lines are empty"
            Messages.error("\(count) of \(lines) \(verb)\(effect)")
            throw ExitCode.failure
        }
    }
}
