import Foundation
import Testing

extension ToolTests {
    /// Runs every file in `Transcripts`.
    @Suite struct TranscriptTests {
        static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Transcripts")

        static let names: [String] = {
            let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            return files.filter { $0.hasSuffix(".txt") }.sorted()
        }()

        private static let runnable = names.filter { Programs.hasSQLite || $0 != "par-registry.txt" }

        @Test func transcriptsExist() {
            #expect(!Self.names.isEmpty)
        }

        @Test(arguments: runnable) func sessionsRunAsInTheTranscript(_ name: String) async throws {
            let url = folder.appending(path: name)
            var runner = try TranscriptRunner()
            try await runner.run(Transcript(String(contentsOf: url, encoding: .utf8)))
            for difference in runner.differences {
                Issue.record(
                    "\(name):\(difference.line): \(difference.text)",
                    sourceLocation: SourceLocation(
                        fileID: "kmsecTests/\(name)",
                        filePath: url.path(percentEncoded: false),
                        line: difference.line,
                        column: 1
                    )
                )
            }
        }
    }
}
