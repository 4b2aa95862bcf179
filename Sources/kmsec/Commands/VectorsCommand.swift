import ArgumentParser
import KMSecurity
import KMVectors

/// Groups what is done with test vectors.
struct VectorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vectors",
        abstract: "Run and make test vectors.",
        subcommands: [VectorsRunCommand.self, VectorsGenerateCommand.self]
    )
}

/// Runs vector files.
struct VectorsRunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run vector files, or folders of them: the project's own, and Wycheproof's as they are.",
        discussion: """
            Each file's failures follow its line; with --skips the tests that were left out, and why. The last line is \
            N passed, N failed, N skipped.
            """
    )

    @Flag(help: "List what was skipped, with the reason.")
    var skips = false

    @Argument(help: ArgumentHelp("Files and folders.", valueName: "path"), completion: .file())
    var paths: [String]

    func run() throws {
        let files = try paths.flatMap(VectorRunner.files(at:))
        guard !files.isEmpty else { throw KMError(.vectorsUnreadable, "no vector files there") }
        let runner = VectorRunner()
        var totals = (passed: 0, failed: 0, skipped: 0)
        for file in files {
            Terminal.progress("running \(file)")
            let report = runner.run(file: file)
            Terminal.progress(nil)
            let name = MessageMasking.apply(to: file)
            try Streams.writeLine(
                "\(name): \(report.passed) passed, \(report.failures.count) failed, \(report.skips.count) skipped"
            )
            for failure in report.failures { try Streams.writeLine("  failed \(failure)") }
            if skips { for skip in report.skips { try Streams.writeLine("  skipped \(skip)") } }
            totals.passed += report.passed
            totals.failed += report.failures.count
            totals.skipped += report.skips.count
        }
        try Streams.writeLine("\(totals.passed) passed, \(totals.failed) failed, \(totals.skipped) skipped")
        guard totals.failed == 0 else { throw ExitCode.failure }
    }
}
