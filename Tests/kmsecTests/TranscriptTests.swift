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

        /// Sessions that run with every build of the tool; ``RegistrySessionTests`` has the other.
        private static let general = names.filter { $0 != RegistrySessionTests.transcript }

        @Test func transcriptsExist() {
            #expect(!Self.names.isEmpty)
        }

        @Test(arguments: general) func sessionsRunAsInTheTranscript(_ name: String) async throws {
            try await Self.run(name)
        }

        /// Runs a file, and records an issue at each difference.
        static func run(_ name: String) async throws {
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
