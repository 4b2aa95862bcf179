import Foundation
import KMTestSupport
import Testing

/// Checks that the suites and files that the article Compliance names exist.
struct ComplianceTests {
    private let article: String

    init() throws {
        let page = try #require(Document.all.first { $0.path.hasSuffix("KMSecurity.docc/Compliance.md") })
        article = try String(contentsOf: Document.root.appending(path: page.path), encoding: .utf8)
    }

    /// The Swift files of a test target by their names.
    private func sources(_ target: Substring) -> [String: URL] {
        let folder = Document.root.appending(path: "Tests/\(target)")
        let paths = FileManager.default.subpaths(atPath: folder.path(percentEncoded: false)) ?? []
        let files = paths.filter { $0.hasSuffix(".swift") }.map { folder.appending(path: $0) }
        return Dictionary(files.map { ($0.lastPathComponent, $0) }) { first, _ in first }
    }

    @Test func everyNamedSuiteIsInItsFile() throws {
        let names = article.matches(of: /`(\w+Tests)\/(\w+Tests)`(?: \(`(\w+\.swift)`\))?/)
        #expect(names.count > 40)
        var files: [Substring: String] = [:]
        for name in names { if let file = name.3 { files[name.2] = String(file) } }
        for name in names {
            let file = try #require(sources(name.1)[files[name.2] ?? "\(name.2).swift"], "\(name.0)")
            #expect(try String(contentsOf: file, encoding: .utf8).contains("struct \(name.2) "), "\(name.0)")
        }
    }

    @Test func everyNamedScriptExists() throws {
        let names = article.matches(of: /`((?:\.ci|Tests|Vectors)\/[\w\/.-]+)/)
        #expect(names.count > 2)
        for name in names {
            let path = Document.root.appending(path: String(name.1)).path(percentEncoded: false)
            #expect(FileManager.default.fileExists(atPath: path), "\(name.1)")
        }
    }
}
