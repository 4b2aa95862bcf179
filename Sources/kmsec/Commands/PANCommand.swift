import ArgumentParser

/// Groups what is done with card numbers.
struct PANCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pan",
        abstract: "Look for card numbers.",
        subcommands: [PANScanCommand.self]
    )
}
