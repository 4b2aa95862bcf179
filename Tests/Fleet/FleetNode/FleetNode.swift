import Dispatch
import Foundation
import HTTPTypes
import KMSecurity
import Logging
import Synchronization

/// A node of a fleet: it serves its peers, and calls them as fast as it can.
///
/// A provider's node sends requests to the platform's nodes, which call it back. Arguments: the role, the name, the
/// keyring file, the passphrase's file, the socket to listen on, the number of calls per second (0 for no limit), and
/// the peers' sockets. Once a second, the node prints the numbers of its calls: answered, rejected, and sent again
/// because a connection broke; and the longest time of a call in that second, in microseconds.
@main
struct FleetNode {
    private static let accessKey = "0123456789abcdef0123456789abcdef01234567"
    private static let aspID = "000170000000000"
    private static let endpoint = Endpoint("/fleet", request: .message, response: .message)

    private let isProvider: Bool
    private let keyring: FileKeyring
    private let client: ClientSecurity
    private let server: ServerSecurity
    private let arguments: [String]

    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count >= 7 else { fatalError("the arguments are in the comment of FleetNode") }
        do {
            try await FleetNode(arguments).run()
        } catch {
            try? FileHandle.standardError.write(contentsOf: Data("ended: \(error)\n".utf8))
            exit(1)
        }
    }

    private init(_ arguments: [String]) throws {
        self.arguments = arguments
        isProvider = arguments[0] == "provider"
        var logger = Logger(label: arguments[1]) { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .notice
        keyring = try FileKeyring(
            path: arguments[2],
            passphrases: .files(arguments[3]),
            node: arguments[1],
            logger: logger
        )
        let secret = try SecretKey(SecretBytes(copying: Array("a secret key of the fleet test, 32 bytes or more".utf8)))
        let caller = try isProvider ? Caller.callback(AspID(Self.aspID)) : .accessKey(AccessKey(Self.accessKey))
        let credential = try Credential(
            name: isProvider ? "platform" : "provider",
            secretKey: secret,
            aspID: AspID(Self.aspID),
            cryptoKeyIDs: .insecureAny
        )
        client = try ClientSecurity(
            party: isProvider ? .serviceProvider(AccessKey(Self.accessKey)) : .platform,
            aspID: AspID(Self.aspID),
            secretKey: secret,
            keyring: keyring
        )
        server = try ServerSecurity(
            party: isProvider ? .serviceProvider : .platform,
            credentials: StaticCredentials([caller: [credential]]),
            keyring: keyring,
            replayGuard: .inMemory(capacity: 4_000_000, capacityPerCaller: 4_000_000),
            configuration: ServerSecurity.Configuration(replayRetention: .seconds(601)),
            logger: logger
        )
    }

    private func run() async throws {
        let following = Task { await keyring.follow(interval: .milliseconds(100), censusInterval: .milliseconds(500)) }
        Thread.detachNewThread { [self] in
            do {
                try Channel.listen(arguments[4]) { channel in
                    Thread.detachNewThread { serve(channel) }
                }
            } catch { fatalError("cannot listen on \(arguments[4])") }
        }
        let calls = Calls(client, Self.endpoint, peers: Array(arguments[6...]), rate: Int(arguments[5]) ?? 0)
        let calling = Thread { calls.run() }
        calling.start()
        // SIGTERM ends the node in order; SIGKILL does not.
        signal(SIGTERM, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .global())
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        source.setEventHandler { continuation.yield() }
        source.resume()
        for await _ in stream { break }
        await calls.stop()
        following.cancel()
        await following.value
        calls.report()
        // Threads still serve connections, so the process ends without destructors.
        _exit(0)
    }

    /// Answers the calls of one connection with their own parameters.
    private func serve(_ channel: Channel) {
        defer { channel.close() }
        while let frame = try? channel.receive(), let message = Message(frame) {
            let response = waiting {
                await server.respond(to: message.headers, message.body, for: Self.endpoint) { $0.parameters }
            }
            let answer = Message(status: response.status.code, headers: response.headers, body: response.body)
            guard (try? channel.send(answer.frame)) != nil else { return }
        }
    }
}

/// A request or response: a line with the status, lines with headers, an empty line, and the body.
struct Message {
    let status: Int
    let headers: HTTPFields
    let body: [UInt8]

    init(status: Int = 0, headers: HTTPFields, body: [UInt8]) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }

    init?(_ frame: [UInt8]) {
        var lines: [String] = []
        var start = 0
        while let end = frame[start...].firstIndex(of: UInt8(ascii: "\n")), end > start {
            lines.append(String(decoding: frame[start..<end], as: UTF8.self))
            start = end + 1
        }
        guard let first = lines.first, let status = Int(first), start < frame.count else { return nil }
        var headers = HTTPFields()
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let name = HTTPField.Name(String(parts[0])) else { return nil }
            headers.append(HTTPField(name: name, value: String(parts[1])))
        }
        self.init(status: status, headers: headers, body: Array(frame[(start + 1)...]))
    }

    var frame: [UInt8] {
        Array("\(status)\n\(headers.map { "\($0.name.rawName):\($0.value)\n" }.joined())\n".utf8) + body
    }
}

/// Waits on a thread of its own for asynchronous work.
func waiting<Result: Sendable>(_ work: @escaping @Sendable () async -> Result) -> Result {
    let done = DispatchSemaphore(value: 0)
    let result = Mutex<Result?>(nil)
    Task {
        let value = await work()
        result.withLock { $0 = value }
        done.signal()
    }
    done.wait()
    guard let value = result.withLock({ $0 }) else { fatalError("the work ended without a result") }
    return value
}
