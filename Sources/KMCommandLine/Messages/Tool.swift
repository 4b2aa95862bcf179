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
    /// code of the tool runs. A synchronous command runs on the main thread.
    ///
    /// - Parameters:
    ///   - root: The root command.
    ///   - hints: What the tool adds to the reports of errors.
    package static func run<Root: ParsableCommand>(_ root: Root.Type, hints: FailureHints) -> Never {
        Descriptor.reserveStandard()
        Interruption.unblock()
        nameStorage.withLock { $0 = root.configuration.commandName ?? "" }
        do {
            var command = try command(of: root)
            if let asynchronous = command as? any AsyncParsableCommand {
                start(asynchronous, root, hints)
            } else {
                try command.run()
                exit(0)
            }
        } catch {
            Failure<Root>(hints: hints).report(error)
        }
        dispatchMain()
    }

    private static func start<Root: ParsableCommand>(
        _ command: sending any AsyncParsableCommand,
        _ root: Root.Type,
        _ hints: FailureHints
    ) {
        Task.detached {
            do {
                var command = command
                try await command.run()
                exit(0)
            } catch {
                Failure<Root>(hints: hints).report(error)
            }
        }
    }

    /// Returns the command that the arguments name.
    private static func command<Root: ParsableCommand>(of root: Root.Type) throws -> sending any ParsableCommand {
        // For `help NAME` with an unknown name, the argument parser would show the overview without an error.
        _ = try CommandTree(root).node(calledBy: Array(CommandLine.arguments.dropFirst()))
        let command = try root.parseAsRoot()
        let commands = type(of: command).configuration.subcommands
        guard commands.isEmpty else {
            let names = commands.compactMap { $0.configuration.commandName }
            throw ValidationError("a command is missing: \(names.joined(separator: ", "))")
        }
        return command
    }
}
