package import ArgumentParser
internal import Foundation
internal import Synchronization

/// A command line tool: its name, and how it starts and ends.
package enum Tool {
    private static let nameStorage = Mutex("")

    /// The name, which begins every message; set by ``run(_:hints:)``.
    package static var name: String { nameStorage.withLock { $0 } }

    /// Runs a tool and ends the process.
    ///
    /// Call it from a synchronous `main`: with an asynchronous `main`, the Swift runtime opens descriptors before any
    /// code of the tool runs.
    ///
    /// - Parameters:
    ///   - root: The root command.
    ///   - hints: What the tool adds to the reports of errors.
    package static func run<Root: ParsableCommand>(_ root: Root.Type, hints: FailureHints) -> Never {
        Descriptor.reserveStandard()
        nameStorage.withLock { $0 = root.configuration.commandName ?? "" }
        Task { @MainActor in
            await main(root, hints)
            exit(0)
        }
        dispatchMain()
    }

    @MainActor private static func main<Root: ParsableCommand>(_ root: Root.Type, _ hints: FailureHints) async {
        do {
            // For `help NAME` with an unknown name, the argument parser would show the overview without an error.
            _ = try CommandTree(root).node(calledBy: Array(CommandLine.arguments.dropFirst()))
            var command = try root.parseAsRoot()
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
            Failure<Root>(hints: hints).report(error)
        }
    }
}
