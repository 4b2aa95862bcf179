import Foundation
import Testing

/// A command of the tool, as `--experimental-dump-help` describes it.
struct ToolCommand: Decodable {
    struct Argument: Decodable {
        struct Name: Decodable {
            let name: String
        }

        let kind: String
        let names: [Name]?
        /// The values that the argument accepts, or nil if it accepts any value.
        let allValues: [String]?
    }

    let commandName: String
    let subcommands: [ToolCommand]?
    let arguments: [Argument]?

    private struct Description: Decodable {
        let command: ToolCommand
    }

    /// Returns every command except `help`, with the words that call it, of which the first is the tool's name.
    static func all() async throws -> [(call: String, command: ToolCommand)] {
        let output = try await #require(Programs.kmsec).output(of: ["--experimental-dump-help"])
        return try JSONDecoder().decode(Description.self, from: Data(output)).command.below("")
    }

    private func below(_ outer: String) -> [(call: String, command: ToolCommand)] {
        let call = outer + commandName
        let inner = (subcommands ?? []).filter { $0.commandName != "help" }
        return [(call, self)] + inner.flatMap { $0.below("\(call) ") }
    }

    /// The options that take a value, with their hyphens.
    var options: [String] {
        (arguments ?? []).filter { $0.kind == "option" }.flatMap { $0.names ?? [] }.map {
            $0.name.count == 1 ? "-\($0.name)" : "--\($0.name)"
        }
    }
}
