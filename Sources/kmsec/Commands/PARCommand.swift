import ArgumentParser

/// Groups what is done with payment account references.
struct PARCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "par",
        abstract: "Turn card numbers (PANs) into payment account references (PARs).",
        subcommands: [PARDeriveCommand.self, PARKeyCommand.self]
    )
}
