import ArgumentParser

/// Groups what is done with test vectors.
struct VectorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vectors",
        abstract: "Run test vectors.",
        subcommands: []
    )
}
