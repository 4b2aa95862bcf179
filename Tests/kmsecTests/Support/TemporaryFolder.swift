import Foundation
import Testing

/// A new folder, which is removed with its content when the last reference to it is released.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "kmsec-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    var path: String { url.path(percentEncoded: false) }

    func path(_ name: String) -> String { url.appending(path: name).path(percentEncoded: false) }

    func write(_ bytes: [UInt8], to name: String) throws {
        // Some files hold secrets, and kmsec warns about a secret file that others can read.
        let made = FileManager.default.createFile(
            atPath: path(name),
            contents: Data(bytes),
            attributes: [.posixPermissions: 0o600]
        )
        guard made else { throw CocoaError(.fileWriteUnknown) }
    }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(at: url.appending(path: name), withIntermediateDirectories: false)
    }

    func read(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: url.appending(path: name)))
    }
}

extension TemporaryFolder {
    /// Returns a folder that contains only the tool, so that tests do not run other programs by accident.
    static func holdingKmsec() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let kmsec = try #require(Programs.kmsec, "kmsec is not beside the tests; set KMSEC_BINARY to its path")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("kmsec"),
            withDestinationPath: URL(filePath: kmsec.path).absoluteURL.path(percentEncoded: false)
        )
        return folder
    }
}
