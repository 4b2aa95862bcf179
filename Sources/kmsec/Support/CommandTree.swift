import ArgumentParser

/// The commands there are, by the words that call them.
enum CommandTree {
    /// A command, and the words that call it, the tool's name first.
    struct Node {
        let command: any ParsableCommand.Type
        let words: [String]

        var call: String { words.joined(separator: " ") }
        var subcommands: [Node] {
            command.configuration.subcommands.map { Node(command: $0, words: words + [$0.name]) }
        }

        /// The names of its options, with their hyphens.
        var options: [String] {
            KMSec.helpMessage(for: command).split { " ,[]()|\n".contains($0) }.map(String.init).filter {
                $0.hasPrefix("-")
            }
        }

        /// This command and those below it.
        var all: [Node] { [self] + subcommands.flatMap(\.all) }
    }

    /// A word where a command is expected, that is no command.
    struct UnknownCommand: Error, CustomStringConvertible {
        let group: Node
        let word: String

        var description: String { "\(group.call) has no command '\(word)'" }

        /// What was meant: the nearest command of the group, or commands of that name elsewhere.
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

    /// The command that arguments call.
    ///
    /// - Throws: ``UnknownCommand``.
    static func node(calledBy arguments: [String]) throws -> Node {
        // `help` stands before the words of a command; options stand behind them.
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
    /// The word that calls it.
    fileprivate static var name: String { configuration.commandName ?? "" }
}
