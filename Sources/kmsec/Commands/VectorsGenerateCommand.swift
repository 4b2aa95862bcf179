import ArgumentParser
import Foundation
import KMPrimitives
import KMSecurity
import KMVectors

/// Makes vector files.
struct VectorsGenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Make vector files, one an operation: what is sent, and what arrives, right or damaged.",
        discussion: """
            The same seed gives the same files, on any machine; the default one gives those of Vectors/generated. \
            Another one gives vectors that a runner has not seen. Writes a line for each file: its path and its number \
            of tests.
            """
    )

    @Option(help: ArgumentHelp("The folder, which must be there.", valueName: "directory"), completion: .directory)
    var out: String

    @Option(help: ArgumentHelp("Any text.", valueName: "text"))
    var seed = VectorGenerator.defaultSeed

    @Flag(help: "Write over files that are there.")
    var overwrite = false

    func run() throws {
        let paths = VectorGenerator.fileNames.map { "\(out)/\($0)" }
        // Generation takes seconds: find out first whether the files can be written.
        var isDirectory = ObjCBool(false)
        guard unsafe FileManager.default.fileExists(atPath: out, isDirectory: &isDirectory), isDirectory.boolValue
        else {
            throw KMError(.fileUnwritable, "--out must name an existing directory; got \(out)")
        }
        for path in paths where !overwrite && FileManager.default.fileExists(atPath: path) {
            throw KMError(.fileExists, "\(path) exists; --overwrite replaces it")
        }
        Terminal.progress("making vectors")
        let files = try VectorGenerator(seed: seed).files()
        Terminal.progress(nil)
        for (file, path) in zip(files, paths) {
            try writeFile(file.bytes.span, path: path, mode: 0o644, replaces: overwrite)
            try Streams.writeLine("\(MessageMasking.apply(to: path)): \(counted(file.testCount, "test"))")
        }
    }
}
