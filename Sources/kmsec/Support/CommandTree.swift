import ArgumentParser

/// The tree of all commands, by the words that call them.
enum CommandTree {
    /// A command with the words that call it, from `kmsec` on.
    struct Node {
        let command: any ParsableCommand.Type
        let words: [String]

        var call: String { words.joined(separator: " ") }
        var subcommands: [Node] {
            command.configuration.subcommands.map { Node(command: $0, words: words + [$0.name]) }
        }

        /// The names of the options, with their hyphens.
        var options: [String] {
            KMSec.helpMessage(for: command).split { " ,[]()|\n".contains($0) }.map(String.init).filter {
                $0.hasPrefix("-")
            }
        }

        /// This command and all its subcommands.
        var all: [Node] { [self] + subcommands.flatMap(\.all) }
    }

    /// The error for an unknown command name.
    struct UnknownCommand: Error, CustomStringConvertible {
        let group: Node
        let word: String

        var description: String { "\(group.call) has no command '\(word)'" }

        /// A suggestion: the most similar command of the group, or commands with that name elsewhere.
        var hint: String {
            let names = group.subcommands.compactMap(\.words.last)
            if let name = EditDistance.nearest(to: word, among: names) { return "did you mean \(group.call) \(name)?" }
            let same = root.all.filter { $0.words.count > 1 && $0.words.last == word }.map(\.call)
            if !same.isEmpty { return "did you mean \(same.joined(separator: ", or "))?" }
            return names.isEmpty
                ? "kmsec help \(group.words.dropFirst().joined(separator: " ")) describes its options"
                : "commands of \(group.call): \(names.joined(separator: ", "))"
        }
    }

    static let root = Node(command: KMSec.self, words: [KMSec.name])

    /// Returns the command that arguments call.
    ///
    /// - Parameter arguments: The arguments of the process, without the name of the tool.
    /// - Returns: The command or group.
    /// - Throws: ``UnknownCommand``.
    static func node(calledBy arguments: [String]) throws -> Node {
        // `help` comes before the words of a command, and options come after them.
        let isHelp = arguments.first == "help"
        var node = root
        for word in arguments.dropFirst(isHelp ? 1 : 0) where !(isHelp && (word.hasPrefix("-") || word == "help")) {
            if let next = node.subcommands.first(where: { $0.words.last == word }) {
                node = next
            } else if word.hasPrefix("-") || (!isHelp && node.subcommands.isEmpty) {
                return node
            } else {
                throw UnknownCommand(group: node, word: word)
            }
        }
        return node
    }
}

extension ParsableCommand {
    /// The last word of the call.
    fileprivate static var name: String { configuration.commandName ?? "" }
}
