import Foundation
import KMTestSupport
import Testing

extension ToolTests {
    /// Runs the terminal sessions of the README and of the articles.
    @Suite struct ConsoleTests {
        private static let pages = Document.all.filter { page in
            (try? Console(page).exchanges.isEmpty) == false
                && ![RegistrySessionTests.article, HSMSessionTests.article].contains { page.path.hasSuffix($0) }
        }

        @Test func pagesWithSessionsExist() {
            #expect(Self.pages.count > 3)
        }

        @Test(arguments: pages) func sessionsRunAsShown(_ page: Document) async throws { try await Self.run(page) }

        /// Runs the sessions of a page, and records an issue at each difference.
        static func run(_ page: Document) async throws {
            let (folder, binaries) = (try TemporaryFolder(), try TemporaryFolder.holdingKmsec())
            let vectors = Document.root.appending(path: "Vectors")
            try FileManager.default.createSymbolicLink(
                at: folder.url.appending(path: "Vectors"),
                withDestinationURL: vectors
            )
            var environment = Programs.cleanEnvironment
            environment["PATH"] = "\(binaries.path):\(Programs.searchPath)"
            environment["HOME"] = folder.path
            for difference in try await Console(page).differences(in: folder, environment: environment) {
                Issue.record(
                    "\(page):\(difference.line): \(difference)",
                    sourceLocation: SourceLocation(
                        fileID: "kmsecTests/\(page)",
                        filePath: Document.root.appending(path: page.path).path(percentEncoded: false),
                        line: difference.line,
                        column: 1
                    )
                )
            }
        }

        @Test(arguments: [
            (["a"], "a\n"), (["a"], "a"), ([], ""), (["a", "…", "z"], "a\nb\nc\nz\n"), (["a", "…"], "a\n"),
            (["a…c"], "abc\n"), (["a.c", "b"], "a.c\nb\n"),
        ])
        func matchingOutputIsAccepted(_ shown: [String], _ found: String) throws {
            #expect(try Console.matches(found, shown))
        }

        @Test(arguments: [
            (["a"], ""), (["a"], "b\n"), ([], "a\n"), (["a"], "a\nb\n"), (["a", "…", "z"], "a\nb\n"), (["a…c"], "ac\n"),
            (["a…c"], "a\nc\n"), (["a.c"], "abc\n"), (["a", "b"], "ab\n"),
        ])
        func otherOutputIsRejected(_ shown: [String], _ found: String) throws {
            #expect(try !Console.matches(found, shown))
        }
    }
}
