import Foundation

/// The paths of the files that tests read.
enum TestFiles {
    static let packageRoot = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let vectors = packageRoot.appending(path: "Vectors").path(percentEncoded: false)

    /// The folder with Wycheproof's files, which are not part of this package; nil if there is none.
    static let wycheproof: String? = {
        if let named = ProcessInfo.processInfo.environment["KMSEC_WYCHEPROOF"] { return named }
        let beside = packageRoot.appending(path: "../shared/wycheproof").standardized.path(percentEncoded: false)
        return FileManager.default.fileExists(atPath: beside) ? beside : nil
    }()

    /// Returns the path of a file in `Vectors`.
    static func vectors(_ name: String) -> String { "\(vectors)/\(name).json" }
}

/// A new folder that is deleted with the last reference to it.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "kmsec-vectors-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path(percentEncoded: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ text: some Sequence<UInt8>, as name: String = "test.json") throws -> String {
        let url = URL(filePath: path).appending(path: name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text).write(to: url)
        return url.path(percentEncoded: false)
    }
}
