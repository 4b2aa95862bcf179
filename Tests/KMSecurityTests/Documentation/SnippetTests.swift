import Foundation
import KMTestSupport
import Testing

/// Checks that the code blocks of the README and the articles compile and run.
struct SnippetTests {
    /// The folders with snippets and with the tests that use them.
    private static let folders = [
        "KMSecurityTests", "KMHummingbirdTests", "KMPARRegistryTests", "KMPKCS11Tests", "KMRedisTests",
        "KMPostgreSQLTests", "KMVectorsTests",
    ].map { Document.root.appending(path: "Tests/\($0)/Documentation") }

    /// The languages that a code block may have.
    ///
    /// Swift, JavaScript, C and Python blocks are compared with sources here; kmsecTests runs the console blocks.
    private static let languages: Set = ["swift", "console", "text", "indented", "javascript", "c", "python"]

    private static func sources(_ ending: String) throws -> [String] {
        try folders.flatMap { try FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil) }
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

    /// Checks that each JavaScript, C or Python block is a whole file of a folder that a script there compiles and runs.
    ///
    /// A JavaScript block can also be a part of the file that `Tests/Interop/migration` runs.
    @Test(arguments: Document.all) func everyForeignBlockEqualsAFile(_ page: Document) throws {
        let migration = Document.root.appending(path: "Tests/Interop/migration.mjs")
        let parts = try String(contentsOf: migration, encoding: .utf8)
        let places = [
            ("javascript", "Tests/Sandbox", "mjs"), ("c", "Tests/CApi/Examples", "c"),
            ("python", "Tests/CApi/Examples", "py"),
        ]
        for (language, folder, ending) in places {
            let folder = Document.root.appending(path: folder)
            let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                .filter { $0.pathExtension == ending }
                .map { try String(contentsOf: $0, encoding: .utf8) }
            for block in try page.blocks() where block.language == language {
                let text = block.lines.joined(separator: "\n") + "\n"
                let isPart = language == "javascript" && parts.contains(text)
                #expect(isPart || files.contains(text), "\(page):\(block.line)")
            }
        }
    }

    @Test(arguments: Document.all) func everyLinkToAFilePointsToAnExistingFile(_ page: Document) throws {
        let url = Document.root.appending(path: page.path)
        let text = try String(contentsOf: url, encoding: .utf8)
        let folder = url.deletingLastPathComponent()
        for link in text.matches(of: /(!\[[^\]]*)?\]\(([^)]+)\)/) where !link.2.contains("://") {
            // An image is a light and a dark picture among the catalog's resources.
            let paths = link.1 == nil ? ["\(link.2)"] : ["", "~dark"].map { "Resources/\(link.2)\($0).svg" }
            for path in paths {
                let target = folder.appending(path: path).path(percentEncoded: false)
                #expect(FileManager.default.fileExists(atPath: target), "\(page): \(path)")
            }
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
