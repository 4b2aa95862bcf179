import ArgumentParser
import KMCommandLine

/// The entry point of the process.
@main
enum Start {
    static func main() { Tool.run(KMSec.self, hints: .ofKMSec) }
}

/// The root command, `kmsec`.
struct KMSec: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kmsec",
        abstract: "Protect and check calls of a card platform's API.",
        discussion: """
            Commands read parameters, bodies and headers from a file or standard input, and write results to standard \
            output. Messages go to standard error. Secrets come from files, descriptors (/dev/fd/N) or environment \
            variables, never from arguments. Exit status: 0 for success, 1 if something was rejected or failed, 64 for \
            wrong usage.
            """,
        version: "kmsec \(Version.number) (\(Version.openSSL))",
        subcommands: [
            DemoCommand.self, KeyCommand.self, EncryptCommand.self, DecryptCommand.self, RequestCommand.self,
            KeyringCommand.self, TokenCommand.self, PANCommand.self, PARCommand.self, HeadersCommand.self,
            JWECommand.self,
            VectorsCommand.self, SpeedCommand.self,
        ]
    )
}

/// Groups the commands for card numbers.
struct PANCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pan",
        abstract: "Find card numbers.",
        subcommands: [PANScanCommand.self]
    )
}

/// Groups the commands for payment account references (PARs).
struct PARCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "par",
        abstract: "Turn card numbers (PANs) into payment account references (PARs).",
        subcommands: [PARDeriveCommand.self, PARAuditCommand.self, PARKeyCommand.self, RegistryCommand.self]
    )
}

/// Groups the commands for tokens.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make and check X-KM-Tran-Token.",
        subcommands: [TokenSignCommand.self, TokenVerifyCommand.self, TokenExplainCommand.self]
    )
}
