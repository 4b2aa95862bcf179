package import ArgumentParser
internal import Foundation
internal import KMPrimitives
package import KMSecurity

/// What a tool adds to the reports of errors.
package struct FailureHints: Sendable {
    /// Returns a hint for the code of an error of a command; nil if there is none.
    package var ofCode: @Sendable (KMError.Code, (any ParsableCommand.Type)?) -> String?
    /// The beginnings of options that people try, and the hints for them.
    package var corrections: [(option: String, hint: String)]
    /// Returns a hint for arguments that are wrong usage; nil if there is none.
    package var ofUsage: @Sendable ([String]) -> String?
    /// The hint for a step of a rotation that guards block; nil for none.
    package var ofBlockedRotation: String?

    /// Creates hints.
    ///
    /// - Parameters:
    ///   - corrections: The beginnings of options that people try, and the hints for them.
    ///   - ofUsage: Returns a hint for arguments that are wrong usage.
    ///   - ofBlockedRotation: The hint for a step of a rotation that guards block.
    ///   - ofCode: Returns a hint for the code of an error of a command.
    package init(
        corrections: [(option: String, hint: String)] = [],
        ofUsage: @escaping @Sendable ([String]) -> String? = { _ in nil },
        ofBlockedRotation: String? = nil,
        ofCode: @escaping @Sendable (KMError.Code, (any ParsableCommand.Type)?) -> String?
    ) {
        (self.corrections, self.ofUsage) = (corrections, ofUsage)
        (self.ofBlockedRotation, self.ofCode) = (ofBlockedRotation, ofCode)
    }
}

/// Reports the error of a command and ends the process.
struct Failure<Root: ParsableCommand> {
    let hints: FailureHints

    /// Writes an error to standard error, with a hint if there is one, and ends the process.
    ///
    /// The exit status is 64 for wrong usage, 1 for other errors, and 0 for a request for help.
    func report(_ error: any Error) -> Never {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let node = try? CommandTree(Root.self).node(calledBy: arguments)
        if let error = error as? KMError {
            Messages.error("\(error)")
            if let hint = hints.ofCode(error.code, node?.command) { Messages.hint(hint) }
            exit(1)
        }
        if let error = error as? RotationBlocked {
            Messages.errors(error.blockers.map { "rotationBlocked: \($0.text)" })
            for fault in error.faults { Messages.warning("no census: \(fault.text)") }
            if let hint = hints.ofBlockedRotation { Messages.hint(hint) }
            exit(1)
        }
        if error is CancellationError {
            Messages.error("stopped by a signal")
            exit(1)
        }
        if let error = error as? CommandTree.UnknownCommand {
            Messages.error("\(error)")
            Messages.hint(error.hint)
            exit(ExitCode.validationFailure.rawValue)
        }
        let code = Root.exitCode(for: error)
        // The parser's own suggestions are too loose: for --pan, it suggests --json.
        let message = Root.message(for: error).replacing(#/\. Did you mean '[^']*'\?$/#, with: "")
        // A request for help is not an error, and an exit status alone has no message.
        guard code != .success, !message.isEmpty else { Root.exit(withError: error) }
        Messages.error(message)
        if code == .validationFailure { Messages.hint(usageHint(message, arguments, node)) }
        exit(code.rawValue)
    }

    /// Returns a hint for the first option that the command does not have.
    ///
    /// The error alone is not enough: it may report a missing option whose name was mistyped.
    private func usageHint(_ message: String, _ arguments: [String], _ node: CommandTree.Node?) -> String {
        if let name = message.firstMatch(of: /^environment variable ([A-Z_0-9]+) is not set$/)?.1 {
            return "run export \(name) first; \(Tool.name) does not see variables that are not exported"
        }
        if message.hasPrefix("the environment variable is not set") {
            return "give the name of the variable, without a $"
        }
        guard let node else { return generalHint }
        if let hint = hints.ofUsage(arguments) { return hint }
        let known = Set(node.options)
        let given = arguments.prefix { $0 != "--" }.map { String($0.prefix { $0 != "=" }) }
        for option in given where option.hasPrefix("-") && !known.contains(option) {
            if option == "-o", known.contains("--out") { return "give the output path with --out PATH" }
            if let correction = hints.corrections.first(where: { option.hasPrefix($0.option) }) {
                return correction.hint
            }
            if let name = EditDistance.nearest(to: option, among: node.options) {
                return "there is no option \(option); did you mean \(name)?"
            }
        }
        let name = node.words.dropFirst().joined(separator: " ")
        return node.subcommands.isEmpty ? "\(Tool.name) help \(name) describes its options" : generalHint
    }

    private var generalHint: String {
        "\(Tool.name) help lists the commands; \(Tool.name) help COMMAND describes the options of one"
    }
}
