#if Sandbox
import ArgumentParser
import KMCommandLine

/// The entry point of the process.
@main
enum Start {
    static func main() { Tool.run(KMSandbox.self, hints: .ofKMSandbox) }
}

/// The root command, `kmsandbox`.
struct KMSandbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kmsandbox",
        abstract: "Try, watch and test calls of a card platform's API on this machine.",
        discussion: """
            Messages go to standard error. Exit status: 0 for success, 1 if something was rejected or failed, 64 for \
            wrong usage.
            """,
        version: "kmsandbox \(Version.number) (\(Version.openSSL))",
        subcommands: [ServeCommand.self, ProxyCommand.self, ConformCommand.self, SendCommand.self]
    )
}
#else
import Foundation

/// Says how to build the tool: without its trait it has no commands.
@main
enum Start {
    static func main() {
        let text = "kmsandbox needs a trait: swift run --traits Sandbox kmsandbox\n"
        FileHandle.standardError.write(Data(text.utf8))
        exit(64)
    }
}
#endif
