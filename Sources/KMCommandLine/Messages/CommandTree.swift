package import ArgumentParser
internal import KMPrimitives

/// The tree of all commands, by the words that call them.
package struct CommandTree {
    /// A command with the words that call it, from the tool's name on.
    package struct Node {
        package let command: any ParsableCommand.Type
        package let words: [String]
        private let root: any ParsableCommand.Type

        /// Creates the node of a root command.
        init(root: any ParsableCommand.Type) {
            self.init(command: root, words: [root.name], root: root)
        }

        private init(command: any ParsableCommand.Type, words: [String], root: any ParsableCommand.Type) {
            (self.command, self.words, self.root) = (command, words, root)
        }

        package var call: String { words.joined(separator: " ") }
        package var subcommands: [Node] {
            command.configuration.subcommands.map { Node(command: $0, words: words + [$0.name], root: root) }
        }

        /// The names of the options, with their hyphens.
        package var options: [String] {
            root.helpMessage(for: command).split { " ,[]()|\n".contains($0) }.map(String.init).filter {
                $0.hasPrefix("-")
            }
        }

        /// This command and all its subcommands.
        package var all: [Node] { [self] + subcommands.flatMap(\.all) }
    }

    /// The error for an unknown command name.
    package struct UnknownCommand: Error, CustomStringConvertible {
        let group: Node
        let word: String
        /// All commands of the tool.
        let all: [Node]

        package var description: String { "\(group.call) has no command '\(word)'" }

        /// A suggestion: the most similar command of the group, or commands with that name elsewhere.
        package var hint: String {
            let names = group.subcommands.compactMap(\.words.last)
            if let name = EditDistance.nearest(to: word, among: names) { return "did you mean \(group.call) \(name)?" }
            let same = all.filter { $0.words.count > 1 && $0.words.last == word }.map(\.call)
            if let last = same.last {
                let others = same.dropLast().joined(separator: ", ")
                return "did you mean \(others)\(same.count > 1 ? ", or " : "")\(last)?"
            }
            return names.isEmpty
                ? "\(Tool.name) help \(group.words.dropFirst().joined(separator: " ")) describes its options"
                : "commands of \(group.call): \(names.joined(separator: ", "))"
        }
    }

    /// The root command.
    package let root: Node

    /// Creates the tree below a root command.
    package init(_ root: any ParsableCommand.Type) {
        self.root = Node(root: root)
    }

    /// Returns the command that arguments call.
    ///
    /// - Parameter arguments: The arguments of the process, without the name of the tool.
    /// - Returns: The command or group.
    /// - Throws: ``UnknownCommand``.
    package func node(calledBy arguments: [String]) throws -> Node {
        // `help` comes before the words of a command, and options come after them.
        let isHelp = arguments.first == "help"
        var node = root
        for word in arguments.dropFirst(isHelp ? 1 : 0) where !(isHelp && (word.hasPrefix("-") || word == "help")) {
            if let next = node.subcommands.first(where: { $0.words.last == word }) {
                node = next
            } else if word.hasPrefix("-") || (!isHelp && node.subcommands.isEmpty) {
                return node
            } else {
                throw UnknownCommand(group: node, word: word, all: root.all)
            }
        }
        return node
    }
}

extension ParsableCommand {
    /// The last word of the call.
    fileprivate static var name: String { configuration.commandName ?? "" }
}
