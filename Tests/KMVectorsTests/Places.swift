import Foundation

/// Where the tests' files are.
enum Places {
    static let packageRoot = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let vectors = packageRoot.appending(path: "Vectors").path(percentEncoded: false)

    /// Wycheproof's files are not part of this package: they are read where they are, if they are.
    static let wycheproof: String? = {
        if let named = ProcessInfo.processInfo.environment["KMSEC_WYCHEPROOF"] { return named }
        let beside = packageRoot.appending(path: "../shared/wycheproof").standardized.path(percentEncoded: false)
        return FileManager.default.fileExists(atPath: beside) ? beside : nil
    }()

    static func vectors(_ name: String) -> String { "\(vectors)/\(name).json" }
}

/// A folder that is gone when the test is over.
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
