import ArgumentParser
import Foundation
import KMSecurity

/// The start of the tool.
///
/// An asynchronous `main` would let the run-time library open descriptors of its own before any code here runs.
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

/// The command line of KMSecurity.
struct KMSec: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kmsec",
        abstract: "Protect and check calls of a card platform's API.",
        discussion: """
            Parameters, bodies and headers come in on standard input and go out on standard output; messages go to \
            standard error. Secrets are read from files, from descriptors (/dev/fd/N) or from the environment, never from \
            arguments. Exit status: 0 done, 1 refused or failed, 64 wrong usage.
            """,
        version: "kmsec \(Version.number) (\(Version.openSSL))",
        subcommands: [
            DemoCommand.self, KeyCommand.self, EncryptCommand.self, DecryptCommand.self, RequestCommand.self,
            TokenCommand.self, PANCommand.self, PARCommand.self, HeadersCommand.self, JWECommand.self,
            VectorsCommand.self, SpeedCommand.self,
        ]
    )

    static func main() async {
        do {
            // The argument parser shows the overview for `kmsec help NAME` where there is no such command.
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
