import KMTestSupport
import Testing

extension ToolTests {
    /// Runs the sessions with a registry, for which the tool needs SQLite.
    @Suite struct RegistrySessionTests {
        /// The name of the transcript.
        static let transcript = "par-registry.txt"
        /// The end of the path of the article.
        static let article = "PARRegistry.md"

        #if SQLite
        @Test func sessionsRunAsInTheTranscript() async throws { try await TranscriptTests.run(Self.transcript) }

        @Test func sessionsRunAsShown() async throws {
            try await ConsoleTests.run(#require(Document.all.first { $0.path.hasSuffix(Self.article) }))
        }
        #endif
    }
}
