import ArgumentParser

/// Groups the commands for card numbers.
struct PANCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pan",
        abstract: "Find card numbers.",
        subcommands: [PANScanCommand.self]
    )
}
