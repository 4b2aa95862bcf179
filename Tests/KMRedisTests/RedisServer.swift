#if Redis
import Foundation
import KMRedis
import KMSecurity
import KMTestSupport
import NIOCore
import NIOPosix
import Synchronization

/// A `redis-server` of a test, on a port of the loopback interface that was free.
final class RedisServer: Sendable {
    /// Whether the command is installed.
    static let isInstalled = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"].contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/redis-server")
    }

    /// Why the tests are skipped.
    static let absence = "redis-server is not installed: apt-get install redis-server"

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let port: Int
    let folder: URL
    private let options: [String]
    private let commandOptions: [String]
    private let process = Mutex<Process?>(nil)

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - options: More options; PORT and FOLDER in them are replaced.
    ///   - commandOptions: The options with which `redis-cli` connects.
    ///   - prepare: What is done in the server's folder before it starts.
    /// - Throws: ``Failure`` if the server does not answer.
    init(
        _ options: String = "",
        commandOptions: String = "",
        prepare: (URL) throws -> Void = { _ in }
    ) async throws {
        port = try await LoopbackPort.free()
        folder = FileManager.default.temporaryDirectory.appending(path: "km-redis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try prepare(folder)
        let (port, folder) = (port, folder.path)
        let words = { (text: String) in
            text.split(separator: " ").map {
                String($0).replacing("PORT", with: "\(port)").replacing("FOLDER", with: folder)
            }
        }
        self.options = words(options)
        self.commandOptions = words(commandOptions)
        try await start()
    }

    deinit {
        process.withLock { process in
            if let process, process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }
        try? FileManager.default.removeItem(at: folder)
    }

    /// Starts the server, and waits until it answers.
    func start() async throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--dir", folder.path,
        ]
        process.arguments? += options
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        self.process.withLock { $0 = process }
        for _ in 0..<400 {
            // An error such as NOAUTH is an answer too, but not "loading".
            if let answer = try? command("PING"), !answer.contains("LOADING"), !answer.contains("Could not connect") {
                return
            }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw Failure(description: "redis-server \(options.joined(separator: " ")) does not answer")
    }

    /// Sends a signal to the server.
    func signal(_ number: Int32) {
        process.withLock { process in
            guard let process else { return }
            kill(process.processIdentifier, number)
            if number == SIGKILL { process.waitUntilExit() }
        }
    }

    /// Runs `redis-cli` with a command.
    @discardableResult
    func command(_ words: String...) throws -> String { try command(words) }

    /// Runs `redis-cli` with a command.
    @discardableResult
    func command(_ words: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["redis-cli", "-p", "\(port)"] + commandOptions + words
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Whether no client but `redis-cli` is connected, after at most 5 s.
    func losesAllClients() async throws -> Bool {
        for _ in 0..<100 {
            if try command("CLIENT", "LIST").split(separator: "\n").count == 1 { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    /// The configuration of a guard on this server, whose claims have 5 s on a busy machine.
    func configuration(_ change: (inout RedisReplayGuard.Configuration) -> Void = { _ in })
        -> RedisReplayGuard.Configuration
    {
        var configuration = RedisReplayGuard.Configuration(
            address: .insecurePlaintext(host: "127.0.0.1", port: port)
        )
        configuration.timeout = .seconds(5)
        change(&configuration)
        return configuration
    }
}

/// Finds ports.
enum LoopbackPort {
    /// Returns a port of the loopback interface that was free a moment ago.
    ///
    /// It is below those that the system gives to outgoing connections, one of which could take it meanwhile.
    static func free() async throws -> Int {
        for _ in 0..<100 {
            let port = Int.random(in: 20_000..<32_000)
            let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            guard let channel = try? await bootstrap.bind(host: "127.0.0.1", port: port).get() else { continue }
            try await channel.close()
            return port
        }
        throw RedisServer.Failure(description: "no free port")
    }
}
#endif
