import Foundation
import Testing

extension ToolTests {
    /// That the transcripts hold the help text of each command there is.
    @Suite struct HelpTests {
        @Test func everyCommandIsThere() async throws {
            let calls = try await ToolCommand.all().map(\.call)
            let lines = try TranscriptTests.names.flatMap { name in
                try String(contentsOf: TranscriptTests.folder.appending(path: name), encoding: .utf8)
                    .split(separator: "\n")
            }
            #expect(calls.count > 10)
            for call in calls { #expect(lines.contains("$ \(call) --help"), "\(call)") }
        }
    }
}
