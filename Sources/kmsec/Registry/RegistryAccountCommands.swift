import ArgumentParser
import Foundation
import KMCommandLine
import KMPARRegistry
import KMSecurity

/// Shows the cards of an account.
struct RegistryHistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show the cards of an account by its PAR: their last four digits, and which replaced which.",
        usage: RegistryOptions.usage("history", "--actor <name> --reason <text> [--json] <par>"),
        discussion: "The registry logs the access first. Give the permission to run it to few."
    )

    @OptionGroup var registry: RegistryOptions
    @OptionGroup var access: RegistryAccessOptions

    @Flag(help: "Write JSON.")
    var json = false

    @Argument(help: "The PAR.", transform: { try PAR($0) })
    var par: PAR

    /// The JSON output.
    private struct Output: Encodable {
        struct Card: Encodable {
            let id: Int64
            let kind: String
            let lastFour: String
            let added: Date
            let replaced: Date?
            let replaces: Int64?
        }

        let par: String
        let origin: String
        let created: Date
        let erased: Date?
        let cards: [Card]
    }

    func run() async throws {
        let history = try await registry.use { try await $0.history(of: par, access.access()) }
        let account = history.account
        if json {
            let cards = history.cards.map {
                Output.Card(
                    id: $0.id,
                    kind: "\($0.kind)",
                    lastFour: $0.lastFour,
                    added: $0.created,
                    replaced: $0.replaced,
                    replaces: $0.replaces
                )
            }
            return try Streams.writeJSON(
                Output(
                    par: account.par.text,
                    origin: "\(account.origin)",
                    created: account.created,
                    erased: account.erased,
                    cards: cards
                )
            )
        }
        try Streams.writeLine("\(account.par.text), \(account.origin), since \(account.created.ISO8601Format())")
        if let erased = account.erased {
            try Streams.writeLine("erased \(erased.ISO8601Format()); the PAR stays reserved")
        }
        for card in history.cards {
            var line = "card \(card.id): \(card.kind), last four \(card.lastFour)"
            line += ", added \(card.created.ISO8601Format())"
            if let other = card.replaces { line += ", replaces card \(other)" }
            if let replaced = card.replaced { line += ", replaced \(replaced.ISO8601Format())" }
            try Streams.writeLine(line)
        }
    }
}

/// Erases the cards of accounts.
struct RegistryEraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Erase the cards of accounts; their PARs stay reserved and are never used again.",
        usage: RegistryOptions.usage("erase", "--actor <name> --reason <text> <par> ..."),
        discussion: """
            It cannot be undone. The hashes and the kept card numbers are removed; backups of the database still have \
            them. The registry logs the access. A PAR that no account has is an error, and the others are erased.
            """
    )

    @OptionGroup var registry: RegistryOptions
    @OptionGroup var access: RegistryAccessOptions

    @Argument(help: "The PARs of the accounts.", transform: { try PAR($0) })
    var pars: [PAR]

    func run() async throws {
        try await registry.use { registry in
            let access = try access.access()
            var allWereKnown = true
            for par in pars {
                do {
                    let count = try await registry.erase(par, access)
                    try Streams.writeLine("\(par.text): \(counted(count, "card")) erased")
                } catch let error as KMError where error.code == .parUnknown {
                    Messages.error("\(KMError(.parUnknown, "no account has the PAR \(par.text)"))")
                    allWereKnown = false
                }
            }
            guard allWereKnown else { throw ExitCode.failure }
        }
    }
}
