internal import Foundation

/// The `openssl` command, with which tests compare results and make files in other formats.
package struct OpenSSLCommand: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) {
            self.description = description
        }
    }

    /// The folder in which the command runs; each value of this type has a new one.
    private let folder: URL

    package init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("km-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Removes the folder.
    package func cleanUp() {
        try? FileManager.default.removeItem(at: folder)
    }

    package func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: folder.appendingPathComponent(name))
    }

    package func read(_ name: String) throws -> [UInt8] {
        try contents(of: folder.appendingPathComponent(name))
    }

    /// Runs `openssl` in the folder, with the arguments in `line`, separated by spaces, followed by `more`.
    ///
    /// - Returns: The command's standard output.
    /// - Throws: ``Failure`` if the exit status is not 0.
    @discardableResult
    package func callAsFunction(_ line: String, _ more: String...) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + line.split(separator: " ").map(String.init) + more
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        // Files instead of pipes, because a full pipe would block the command.
        let (output, errors) = (try file("stdout"), try file("stderr"))
        process.standardOutput = output.handle
        process.standardError = errors.handle
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let text = String(decoding: try contents(of: errors.url), as: UTF8.self)
            throw Failure(description: "openssl \(line): status \(process.terminationStatus): \(text)")
        }
        return try contents(of: output.url)
    }

    /// Reads a file without `Data(contentsOf:)`, which leaks its buffer for an empty file and so hides other leaks.
    private func contents(of url: URL) throws -> [UInt8] {
        let handle = try FileHandle(forReadingFrom: url)
        defer { try? handle.close() }
        return [UInt8](try handle.readToEnd() ?? Data())
    }

    private func file(_ suffix: String) throws -> (url: URL, handle: FileHandle) {
        let url = folder.appendingPathComponent("\(UUID().uuidString).\(suffix)")
        try Data().write(to: url)
        return (url, try FileHandle(forWritingTo: url))
    }
}
