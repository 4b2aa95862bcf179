import Foundation

/// Starts a server and a client of the API as two processes, and shows what the client gets.
@main
struct KMExample {
    static func main() async {
        #if Hummingbird && AsyncHTTPClient
        do { try await run(CommandLine.arguments) } catch { fail("kmexample: \(error)", status: 1) }
        #else
        fail("kmexample needs two traits: swift run --traits Hummingbird,AsyncHTTPClient kmexample")
        #endif
    }

    private static func fail(_ text: String, status: Int32 = 64) -> Never {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
        exit(status)
    }

    #if Hummingbird && AsyncHTTPClient
    private static func run(_ arguments: [String]) async throws {
        switch arguments.dropFirst().first {
        case nil: try runBoth()
        case "server" where arguments.count == 4:
            try await serve(.init(directory: arguments[2]), port: port(arguments[3]))
        case "client" where arguments.count == 4:
            try await call(.init(directory: arguments[2]), baseURL: arguments[3])
        case "keys" where arguments.count == 3: _ = try ExampleFiles.make(in: arguments[2])
        default:
            fail(
                "usage: kmexample | kmexample keys DIRECTORY | kmexample server DIRECTORY PORT | kmexample client DIRECTORY URL"
            )
        }
    }

    /// Ends the example after the server has ended and the keys are erased.
    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static func port(_ text: String) -> Int {
        guard let port = UInt16(text) else { fail("the port must be a number from 0 to 65535") }
        return Int(port)
    }

    private static func runBoth() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "kmexample-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(
            at: directory,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        defer { try? FileManager.default.removeItem(at: directory) }
        _ = try ExampleFiles.make(in: directory.path)
        let output = Pipe()
        let server = try start(["server", directory.path, "0"], output)
        defer {
            server.terminate()
            server.waitUntilExit()
        }
        guard let url = firstLine(output) else { throw Failure(description: "the server did not start") }
        print("server: \(url)")
        fflush(nil)
        let client = try start(["client", directory.path, url], nil)
        client.waitUntilExit()
        guard client.terminationStatus == 0 else { throw Failure(description: "the client failed") }
    }

    private static func start(_ arguments: [String], _ output: Pipe?) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        if let output { process.standardOutput = output }
        try process.run()
        return process
    }

    /// Reads up to the first newline; nil if the process ends before.
    private static func firstLine(_ pipe: Pipe) -> String? {
        var text = Data()
        while !text.contains(0x0A) {
            let part = pipe.fileHandleForReading.availableData
            if part.isEmpty { return nil }
            text += part
        }
        return String(decoding: text.prefix { $0 != 0x0A }, as: UTF8.self)
    }
    #endif
}
