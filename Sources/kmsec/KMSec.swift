import ArgumentParser
import Foundation
import KMPrimitives
import KMSecurity

/// The entry point of the process.
///
/// `main` is synchronous on purpose: with an asynchronous `main`, the Swift runtime opens descriptors before any code
/// here runs.
@main
enum Start {
    static func main() {
        Descriptor.reserveStandard()
        Task { @MainActor in
            await KMSec.main()
            exit(0)
        }
        dispatchMain()
    }
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

    static func main() async {
        do {
            // For `kmsec help NAME` with an unknown name, the argument parser would show the overview without an error.
            _ = try CommandTree.node(calledBy: Array(CommandLine.arguments.dropFirst()))
            var command = try parseAsRoot()
            let commands = type(of: command).configuration.subcommands
            guard commands.isEmpty else {
                let names = commands.compactMap { $0.configuration.commandName }
                throw ValidationError("a command is missing: \(names.joined(separator: ", "))")
            }
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            Failure.report(error)
        }
    }
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
        subcommands: [PARDeriveCommand.self, PARKeyCommand.self]
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

/// The versions of the tool and of OpenSSL.
enum Version {
    static let number = "0.1.0"
    /// The version of the loaded OpenSSL, such as `OpenSSL 3.0.19 27 Jan 2026`.
    static var openSSL: String { OpenSSL.version }
}
