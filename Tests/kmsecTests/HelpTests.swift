import Foundation
import Testing

extension ToolTests {
    /// That the transcripts hold the help text of each command there is.
    @Suite struct HelpTests {
        /// What the argument parser tells of a command to programs.
        private struct Description: Decodable {
            struct Command: Decodable {
                let commandName: String
                let subcommands: [Command]?

                /// The words that call this command and those below it.
                var calls: [String] {
                    let below = (subcommands ?? []).filter { $0.commandName != "help" }
                    return [commandName] + below.flatMap(\.calls).map { "\(commandName) \($0)" }
                }
            }

            let command: Command
        }

        @Test func everyCommandIsThere() async throws {
            let kmsec = try #require(Programs.kmsec)
            let output = try await kmsec.output(of: ["--experimental-dump-help"])
            let calls = try JSONDecoder().decode(Description.self, from: Data(output)).command.calls
            let lines = try TranscriptTests.names.flatMap { name in
                try String(contentsOf: TranscriptTests.folder.appending(path: name), encoding: .utf8)
                    .split(separator: "\n")
            }
            #expect(calls.count > 10)
            for call in calls { #expect(lines.contains("$ \(call) --help"), "\(call)") }
        }
    }
}
