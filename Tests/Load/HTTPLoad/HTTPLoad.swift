#if Hummingbird && AsyncHTTPClient
import Foundation
import HTTPTypes
import KMAsyncHTTPClient
import KMSecurity

/// Measures a server over TLS on loopback: an echo without protection, the same echo at message level and at field
/// level, and whole calls with sealing and opening by the client.
///
/// `HTTPLoad REQUESTS CONNECTIONS` starts the server as a process of its own. `HTTPLoad REQUESTS CONNECTIONS message`
/// measures only that kind of call, for a profiler.
@main
struct HTTPLoad {
    static func main() async throws {
        let arguments = CommandLine.arguments
        if arguments.count == 3, arguments[1] == "server" {
            try await LoadServer(LoadKeys(directory: arguments[2])).run()
            return
        }
        let requestCount = arguments.count > 1 ? Int(arguments[1]) ?? 10_000 : 10_000
        let connectionCount = arguments.count > 2 ? Int(arguments[2]) ?? 32 : 32
        let kinds = arguments.dropFirst(3).map { name in
            guard let kind = Load.Kind(rawValue: name) else {
                print("the kinds are: \(Load.Kind.allCases.map(\.rawValue).joined(separator: ", "))")
                exit(64)
            }
            return kind
        }
        try await measure(requestCount, connectionCount, kinds.isEmpty ? Load.Kind.allCases : kinds)
    }

    private static func measure(_ requestCount: Int, _ connectionCount: Int, _ kinds: [Load.Kind]) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "km-load-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let keys = try LoadKeys.make(in: directory.path)
        let (server, url) = try start(keys)
        defer {
            server.terminate()
            server.waitUntilExit()
        }
        let load = try Load(keys, url: url, requestCount: requestCount, connectionCount: connectionCount)
        try await load.warmUp(kinds)
        var limit: Figures?
        print("kind                 calls/s   p50 ms   p99 ms   CPU us client, server   of the limit")
        for kind in kinds {
            var best = Figures.none
            for _ in 0..<3 {
                let figures = try await load.run(kind, server: server.processIdentifier)
                if figures.rate > best.rate { best = figures }
            }
            if kind == .bare { limit = best }
            // A whole call opens and seals at both ends.
            print(best.line(kind, limit: [.message, .fields].contains(kind) ? limit : nil))
            fflush(nil)
        }
    }

    /// Starts the server, and reads its URL from its first line.
    private static func start(_ keys: LoadKeys) throws -> (Process, String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["server", keys.directory]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        var text = Data()
        while !text.contains(0x0A) {
            let part = output.fileHandleForReading.availableData
            guard !part.isEmpty else { throw CancellationError() }
            text += part
        }
        return (process, String(decoding: text.prefix { $0 != 0x0A }, as: UTF8.self))
    }
}
#else
@main
struct HTTPLoad {
    static func main() { print("HTTPLoad needs the traits Hummingbird and AsyncHTTPClient") }
}
#endif
