import Foundation

/// A temporary folder that is deleted with its last reference.
final class SnippetFolder {
    private let url = FileManager.default.temporaryDirectory.appending(path: "snippets-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    func path(_ name: String) -> String { url.appending(path: name).path(percentEncoded: false) }
}
