import ArgumentParser
import Foundation
import KMCommandLine
import KMPrimitives
import KMSecurity
import KMVectorGeneration

/// Makes test vectors from a seed.
struct VectorsGenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Make test vectors, one file per operation: valid messages and damaged copies of them.",
        discussion: """
            The same seed gives the same files on any machine. The default seed gives the files in Vectors/generated. \
            Another seed gives vectors that no runner has seen before. Writes a line for each file: its path and its \
            number of tests.
            """
    )

    @Option(help: ArgumentHelp("The output folder, which must exist.", valueName: "directory"), completion: .directory)
    var out: String

    @Option(help: ArgumentHelp("The seed, any text.", valueName: "text"))
    var seed = VectorGenerator.defaultSeed

    @Flag(help: "Replace existing files.")
    var overwrite = false

    func run() throws {
        let paths = VectorGenerator.fileNames.map { "\(out)/\($0)" }
        // Generation takes seconds, so check first whether the files can be written.
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
