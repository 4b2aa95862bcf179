import ArgumentParser

/// Groups the commands for payment account references (PARs).
struct PARCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "par",
        abstract: "Turn card numbers (PANs) into payment account references (PARs).",
        subcommands: [PARDeriveCommand.self, PARKeyCommand.self]
    )
}
