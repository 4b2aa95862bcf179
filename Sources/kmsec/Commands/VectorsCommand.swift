import ArgumentParser
import KMCommandLine
import KMSecurity
import KMVectors

/// Groups the commands for test vectors.
struct VectorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vectors",
        abstract: "Run and make test vectors.",
        subcommands: [VectorsRunCommand.self, VectorsGenerateCommand.self]
    )
}

/// Runs test vectors.
struct VectorsRunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run test vectors from files and folders: the project's own, or unchanged ones of Wycheproof.",
        discussion: """
            Writes a line for each file, then its failed tests and, with --skips, its skipped tests with the reason. \
            The last line is: N passed, N failed, N skipped.
            """
    )

    @Flag(help: "List each skipped test with the reason.")
    var skips = false

    @Argument(help: ArgumentHelp("Files and folders.", valueName: "path"), completion: .file())
    var paths: [String]

    func run() throws {
        let files = try paths.flatMap(VectorRunner.files(at:))
        guard !files.isEmpty else { throw KMError(.vectorsUnreadable, "found no vector files at the given paths") }
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
