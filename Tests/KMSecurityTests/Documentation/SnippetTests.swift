import Foundation
import KMTestSupport
import Testing

/// Checks that the code blocks of the README and the articles compile and run.
struct SnippetTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    /// The languages that a code block may have.
    ///
    /// Swift blocks are compared with the snippets here; kmsecTests runs the console blocks.
    private static let languages: Set = ["swift", "console", "text", "indented"]

    private static func sources(_ ending: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasSuffix(ending) }
            .map { try String(contentsOf: $0, encoding: .utf8) }
    }

    private static func trimmed(_ lines: [String]) -> String {
        lines.map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
    }

    @Test func pagesAndSwiftBlocksAreFound() throws {
        #expect(Document.all.count > 7)
        let counts = try Document.all.map { try $0.blocks().count { $0.language == "swift" } }
        #expect(counts.reduce(0, +) > 30)
    }

    @Test(arguments: Document.all) func everyBlockHasAKnownLanguage(_ page: Document) throws {
        for block in try page.blocks() {
            #expect(Self.languages.contains(block.language), "\(page):\(block.line)")
            if block.language == "console" {
                #expect(block.lines.first?.hasPrefix("$ ") == true, "\(page):\(block.line)")
            }
        }
    }

    @Test(arguments: Document.all) func everyLinkToAFilePointsToAnExistingFile(_ page: Document) throws {
        let url = Document.root.appending(path: page.path)
        let text = try String(contentsOf: url, encoding: .utf8)
        for link in text.matches(of: /\]\(([^)]+)\)/) where !link.1.contains("://") {
            let target = url.deletingLastPathComponent().appending(path: String(link.1))
            #expect(FileManager.default.fileExists(atPath: target.path(percentEncoded: false)), "\(page): \(link.1)")
        }
    }

    /// Checks that each Swift block equals a snippet, apart from indentation, and that a test uses the snippet.
    @Test(arguments: Document.all) func everySwiftBlockEqualsATestedSnippet(_ page: Document) throws {
        let snippets = try Self.sources("Snippets.swift").map { Self.trimmed($0.components(separatedBy: "\n")) }
        let tests = try Self.sources("Tests.swift").joined()
        for block in try page.blocks() where block.language == "swift" {
            let text = Self.trimmed(block.lines)
            let place = "\(page):\(block.line)"
            let source = try #require(snippets.first { $0.contains(text) }, "\(place) is not in any snippet")
            let range = try #require(source.range(of: text))
            // The first type or function that the block declares, or else the enclosing function.
            let declared = text.firstMatch(of: /^(?:struct|actor|enum|final class|func) (\w+)/)
            let around = source[..<range.lowerBound].matches(of: /func (\w+)\(/).last
            let name = try #require(declared?.1 ?? around?.1, "\(place) is not in a function")
            let calls = ["nippets.\(name)(", "nippets.\(name) {"]
            let isUsed = calls.contains(where: tests.contains) || snippets.contains { $0.contains("\(name).self") }
            #expect(isUsed, "\(place): no test calls \(name)")
        }
    }
}
