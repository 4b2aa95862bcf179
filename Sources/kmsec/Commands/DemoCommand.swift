import ArgumentParser
import KMCommandLine
import KMSecurity

/// Runs the documented call with client and server in this process, and shows every step.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract:
            "Run the documented call with temporary keys: show what is sent, what arrives and what is rejected."
    )

    @Flag(help: "Write JSON, with all values in full.")
    var json = false

    @Option(help: "The wire profile of both client and server.")
    var profile = WireProfile.documented

    func run() async throws {
        let report = try await Demo(profile: profile).run()
        if json { return try Streams.writeJSON(report) }
        try Streams.write(Array(DemoTranscript(report, showsColor: Terminal.showsColor).description.utf8))
    }
}
