import ArgumentParser
import KMSecurity

/// Measures a registry of PARs with test cards, and checks what it answers.
///
/// The cards have numbers from 0 on. Their PANs begin with 999999, and their PARs are derived, so that the right PAR of
/// each card can be computed again. The keys are fixed test keys.
@main
struct RegistryLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "RegistryLoad",
        abstract: "Measure a registry of PARs with test cards.",
        subcommands: [
            FillCommand.self, LookupsCommand.self, SameCommand.self, SizeCommand.self, KeysCommand.self,
            CardsCommand.self,
        ]
    )
}

/// Writes the test keys, with which kmsec can use the same registry.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Write the test keys lookup-1, lookup-2, sealing and tokenization to a folder."
    )

    @Argument(help: "The folder, which must exist.")
    var folder: String

    func run() throws {
        for key in TestKey.allCases { try key.write(to: folder) }
    }
}

/// Writes the PANs of test cards, one per line.
struct CardsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cards",
        abstract: "Write the PANs of the test cards from FIRST to END - 1, one per line."
    )

    @Argument(help: "The number of the first card.")
    var first: Int

    @Argument(help: "The number after that of the last card.")
    var end: Int

    func run() throws {
        for number in first..<max(first, end) {
            try TestCard.pan(number).withDigits { digits in
                print(String(decoding: digits.indices.map { digits[$0] }, as: UTF8.self))
            }
        }
    }
}
