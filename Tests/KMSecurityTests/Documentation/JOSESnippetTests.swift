import KMJOSE
import Testing

/// The snippet of KMJOSE's page does what it says.
struct JOSESnippetTests {
    @Test func aMessageIsOpened() throws {
        let done = try JOSESnippets.exchange()
        #expect(done.header == done.sent)
        #expect(done.plaintext == Array(#"{"userId":50000104652}"#.utf8))
    }
}
