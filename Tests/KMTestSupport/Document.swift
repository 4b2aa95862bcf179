package import Foundation

/// A text that users read: the README, or a page of a DocC catalog.
package struct Document: Sendable, CustomStringConvertible {
    /// A code block: indented by four spaces, or between fences.
    package struct Block: Sendable {
        /// The number of its first line of code, from 1.
        package let line: Int
        /// The word after the opening fence, or `indented`.
        package let language: String
        package let lines: [String]
    }

    /// The package's root.
    package static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    /// The README and all pages of DocC catalogs.
    package static let all: [Document] = {
        let sources = FileManager.default.subpaths(atPath: root.appending(path: "Sources").path) ?? []
        let pages = sources.filter { $0.contains(".docc/") && $0.hasSuffix(".md") }.sorted()
        return (["README.md"] + pages.map { "Sources/\($0)" }).map(Document.init)
    }()

    /// The path, relative to the package's root.
    package let path: String

    package var description: String { path }

    private init(_ path: String) { self.path = path }

    /// Returns the code blocks in their order.
    package func blocks() throws -> [Block] {
        let text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
        var blocks: [Block] = []
        var open: Block?
        var isBehindBlank = true
        for (index, line) in text.components(separatedBy: "\n").enumerated() {
            if let block = open, block.language != "indented" {
                if line.hasPrefix("```") { blocks.append(block) }
                open = line.hasPrefix("```") ? nil : block.with(line)
            } else if line.hasPrefix("```") {
                open.map { blocks.append($0) }
                open = Block(line: index + 2, language: String(line.dropFirst(3)), lines: [])
            } else if line.hasPrefix("    "), let code = open ?? (isBehindBlank ? .indented(index + 1) : nil) {
                open = code.with(String(line.dropFirst(4)))
            } else if let block = open, line.isEmpty {
                open = block.with("")
            } else {
                open.map { blocks.append($0) }
                open = nil
            }
            isBehindBlank = line.isEmpty
        }
        return blocks + [open].compactMap(\.self)
    }
}

extension Document.Block {
    fileprivate static func indented(_ line: Int) -> Self { Self(line: line, language: "indented", lines: []) }

    fileprivate func with(_ text: String) -> Self { Self(line: line, language: language, lines: lines + [text]) }
}
