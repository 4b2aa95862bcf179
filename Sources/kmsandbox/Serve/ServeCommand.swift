#if Sandbox
import ArgumentParser
import KMAsyncHTTPClient
import KMCommandLine
import KMPrimitives
import KMSecurity

/// Runs the sandbox.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a platform on this machine that says of each call why it is accepted or rejected.",
        discussion: """
            The API is below /open-api, and the page with the calls is at /. Credentials and keys are made at the start; \
            give --files DIR to keep them: kmsandbox send and conform read DIR/credentials.json. The sandbox is for test \
            data only: it shows decrypted parameters. Other machines cannot reach it unless you give --host.
            """
    )

    @Option(
        help: ArgumentHelp("The directory with keys and credentials; created if it does not exist.", valueName: "dir"),
        completion: .directory
    )
    var files: String?

    @Option(
        help: ArgumentHelp("The file with members, cards and applications (default: memory only).", valueName: "file"),
        completion: .file()
    )
    var state: String?

    @Option(help: "Make the same ids, secret key and PARs in every run with this number; RSA keys differ.")
    var seed: UInt64?

    @Option(
        help: ArgumentHelp("An endpoint table (default: the documented endpoints).", valueName: "file"),
        completion: .file()
    )
    var endpoints: String?

    @Option(help: "The zone of the client's times.")
    var zone = TimeZoneCode.kst

    @Option(
        name: .customLong("callback-url"),
        help: ArgumentHelp("The URL of your server for callbacks.", valueName: "url")
    )
    var callbackURL: String?

    @OptionGroup var listening: ListeningOptions

    func validate() throws {
        guard let callbackURL else { return }
        do { _ = try RequestURL(callbackURL) } catch let error as KMError { throw ValidationError(error.detail) }
    }

    func run() async throws {
        let table = try endpoints.map(EndpointTable.init(contentsOfFile:)) ?? .documented
        let parties = try SandboxParties(
            seed: SandboxSeed(seed: seed),
            files: files.map(SandboxFiles.init(directory:)),
            timeZone: zone
        )
        for warning in parties.seedWarnings { Messages.warning(warning) }
        let sandbox = try Sandbox(
            parties,
            MemberStore(path: state),
            endpoints: table,
            seed: seed,
            historyCount: listening.history
        ) { change in
            switch change {
            case .began(let text): Messages.warning(text)
            case .ended(let text): Messages.note(text)
            }
        }
        let transport = AsyncHTTPClientTransport()
        let origin = Locked<String?>(nil)
        let responder = SandboxResponder(
            sandbox: sandbox,
            callbacks: CallbackSender(sandbox: sandbox, transport: transport),
            origin: origin,
            hosts: listening.hosts,
            callbackURL: callbackURL,
            warnings: listening.warnings
        )
        let server = ToolServer(options: listening, history: sandbox.history, origin: origin)
        try await server.run(responder) { origin in
            """
            sandbox      \(origin)/
            API          \(origin)\(Sandbox.basePath)
            credentials  \(origin)/sandbox/credentials.json
            call         POST \(Endpoint.waitingPhysicalCards.path)

            """
        }
        try? await transport.shutdown()
    }
}
#endif
