import Foundation
import Testing

/// A command of the tool, as the argument parser tells of it to programs.
struct ToolCommand: Decodable {
    struct Argument: Decodable {
        struct Name: Decodable {
            let name: String
        }

        let kind: String
        let names: [Name]?
        /// The values that it lists; nil for those of any.
        let allValues: [String]?
    }

    let commandName: String
    let subcommands: [ToolCommand]?
    let arguments: [Argument]?

    private struct Description: Decodable {
        let command: ToolCommand
    }

    /// Every command there is, and the words that call it, the tool's name the first; `help` is none.
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
