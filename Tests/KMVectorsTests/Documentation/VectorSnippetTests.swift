import Foundation
import KMTestSupport
import KMVectors
import Testing

@Suite("The page's code")
struct VectorSnippetTests {
    @Test("The published vectors pass")
    func run() throws {
        let path = Document.root.appending(path: "Vectors/token-verify.json").path(percentEncoded: false)
        let reports = try VectorSnippets.run(path)
        #expect(reports.map(\.isSuccess) == [true])
        #expect(reports.allSatisfy { $0.total > 0 })
    }
}
