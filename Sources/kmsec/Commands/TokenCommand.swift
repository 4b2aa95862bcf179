import ArgumentParser

/// Groups the commands for tokens.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make and check X-KM-Tran-Token.",
        subcommands: [TokenSignCommand.self, TokenVerifyCommand.self, TokenExplainCommand.self]
    )
}
