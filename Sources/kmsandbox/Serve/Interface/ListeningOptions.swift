#if Sandbox
import ArgumentParser
import KMSecurity

/// The options of a command that listens and keeps a history of calls.
struct ListeningOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The port; 0 for any free one.", valueName: "port"), transform: Self.port)
    var port: UInt16 = 8080

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(
        name: .customLong("allow-host"),
        help: ArgumentHelp("A further host name under which the page may be opened.", valueName: "name")
    )
    var allowedHosts: [String] = []

    @Option(help: ArgumentHelp("The number of calls to keep, from 1 to 100000.", valueName: "count"))
    var history = 1000

    @Flag(help: "Do not write a line for each call.")
    var quiet = false

    func validate() throws {
        guard (1...100_000).contains(history) else {
            throw ValidationError("--history must be from 1 to 100000; got \(history)")
        }
        try Self.checkHost(host, "--host")
        for name in allowedHosts { try Self.checkHost(name, "--allow-host") }
    }

    private static func port(_ text: String) throws -> UInt16 {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(text) else {
            throw ValidationError("it must be a number from 0 to 65535")
        }
        return port
    }

    /// Checks that a text can be the name or the address of a machine.
    private static func checkHost(_ host: String, _ option: String) throws {
        guard !host.isEmpty else {
            throw ValidationError("\(option) must not be empty; give a host name or an address, such as 127.0.0.1")
        }
        // Only an IPv6 address has more than one colon.
        let isAddress = host.count { $0 == ":" } > 1
        let characters = isAddress ? #/[0-9A-Fa-f:.]+(%[0-9A-Za-z._-]+)?/# : #/[0-9A-Za-z._-]+()?/#
        guard host.wholeMatch(of: characters) != nil else {
            throw ValidationError(
                "\(option) must be a host name or an address alone, such as 127.0.0.1 or ::1, without a scheme, a port, "
                    + "a path or spaces"
            )
        }
    }

    /// Whether only this machine can connect.
    private var isLoopback: Bool { ["127.0.0.1", "localhost", "::1"].contains(host) }

    /// The host names under which the page may be opened, besides those of the loopback interface.
    var hosts: [String] { isLoopback ? allowedHosts : allowedHosts + [host] }

    /// The warnings about these options.
    var warnings: [String] {
        guard !isLoopback else { return [] }
        return [
            "every machine that reaches \(host) can read all calls and their parameters; leave out --host to listen on "
                + "this machine only"
        ]
    }
}
#endif
