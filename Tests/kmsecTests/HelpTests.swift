import Foundation
import Testing

extension ToolTests {
    /// The help texts are complete, and are in the transcripts.
    @Suite struct HelpTests {
        @Test func transcriptsHaveTheHelpOfEveryCommand() async throws {
            let calls = try await ToolCommand.all().map(\.call)
            let lines = try TranscriptTests.names.flatMap { name in
                try String(contentsOf: TranscriptTests.folder.appending(path: name), encoding: .utf8)
                    .split(separator: "\n")
            }
            #expect(calls.count > 10)
            for call in calls { #expect(lines.contains("$ \(call) --help"), "\(call)") }
        }

        @Test func usageNamesEveryOption() async throws {
            for (call, command) in try await ToolCommand.all() {
                let words = call.split(separator: " ").dropFirst().map(String.init)
                let help = try await #require(Programs.kmsec).output(of: words + ["--help"])
                let lines = String(decoding: help, as: UTF8.self).components(separatedBy: "\n")
                let usage = lines.drop { !$0.hasPrefix("USAGE: ") }.prefix { !$0.isEmpty }.joined()
                let names = (command.arguments ?? []).flatMap { $0.names ?? [] }.map(\.name).filter { $0.count > 1 }
                for name in names where !["help", "version"].contains(name) {
                    #expect(usage.contains("--\(name)"), "\(call) --\(name)")
                }
            }
        }
    }
}
