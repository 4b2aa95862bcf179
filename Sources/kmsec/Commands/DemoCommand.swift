import ArgumentParser
import KMSecurity

/// Shows the documented call.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract:
            "Run the documented call from end to end with throw-away keys: what is sent, what arrives, what is refused."
    )

    @Flag(help: "Write JSON, with every value whole.")
    var json = false

    @Option(help: "The dialect that both ends write.")
    var profile = WireProfile.documented

    func run() async throws {
        let report = try await Demo(profile: profile).run()
        if json { return try Streams.writeJSON(report) }
        try Streams.write(Array(DemoTranscript(report, showsColor: Terminal.showsColor).description.utf8))
    }
}
