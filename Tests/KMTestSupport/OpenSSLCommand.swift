internal import Foundation

/// The `openssl` command line, as a second opinion and as the maker of files in foreign formats.
package struct OpenSSLCommand: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) {
            self.description = description
        }
    }

    /// Where the command reads and writes; a new folder for each value of this type.
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

    /// Runs `openssl` with the arguments of `line`, parted by spaces, and `more` behind them, inside the folder.
    ///
    /// - Returns: what it wrote to standard output.
    /// - Throws: ``Failure`` when it does not end with status 0.
    @discardableResult
    package func callAsFunction(_ line: String, _ more: String...) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + line.split(separator: " ").map(String.init) + more
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        // Files, since a pipe that nobody empties would stop the command.
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

    /// Not with `Data(contentsOf:)`, which leaks its buffer where the file is empty, and so hides other leaks.
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
