#if Sandbox
import ArgumentParser
import Foundation
import HTTPTypes
import KMAsyncHTTPClient
import KMCommandLine
import KMPrimitives
import KMSecurity
import KMWire

/// Makes one call and opens the answer.
struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Send one call to a server, and open the answer.",
        discussion: """
            Reads the parameters, one JSON text, and writes those of the answer to standard output. The result code goes \
            to standard error. Exit status: 0 if the call succeeded, 1 if it was rejected or the answer was.
            """
    )

    /// How the parameters of the call and of its answer are protected.
    enum Level: String, ExpressibleByArgument, CaseIterable {
        case message
        case field
        case plain
    }

    @Option(help: ArgumentHelp("The API's base URL, such as http://127.0.0.1:8080/open-api.", valueName: "url"))
    var url: String

    @Option(help: ArgumentHelp("The credentials file.", valueName: "file"), completion: .file())
    var credentials: String

    @Option(help: ArgumentHelp("The path of the endpoint below the base URL.", valueName: "path"))
    var path = Endpoint.waitingPhysicalCards.path

    @Option(
        help: ArgumentHelp(
            "The protection: message, field or plain; that of the endpoint table if omitted, and message for an "
                + "unknown path.",
            valueName: "level"
        )
    )
    var level: Level?

    @Option(help: ArgumentHelp("The form of the call: documented or gateway.", valueName: "profile"))
    var profile = WireProfile.documented

    @Option(help: ArgumentHelp("Trusted certificates for TLS in PEM, besides the system's.", valueName: "file"))
    var ca: String?

    @Option(help: ArgumentHelp("The seconds that the server has for the call.", valueName: "seconds"))
    var timeout = 30.0

    @OptionGroup var input: InputOptions

    func validate() throws {
        guard timeout > 0, timeout <= 600 else { throw ValidationError("--timeout must be more than 0, at most 600") }
    }

    func run() async throws {
        let base = try BaseURL.argument(url, "--url")
        let endpoint = try endpoint()
        let file = try CredentialsFile(contentsOfFile: credentials)
        let parameters = try input.readAll(expecting: "the parameters, one JSON text, are")
        let transport = AsyncHTTPClientTransport(configuration: try .conformance(trustedCertificates: ca))
        let client = APIClient(
            security: try file.clientSecurity(profile: profile),
            transport: transport,
            baseURL: base,
            configuration: .init(timeout: .seconds(timeout), retry: .never)
        )
        do {
            let answer = try await client.call(endpoint, bytes: parameters)
            try await transport.shutdown()
            let result = try? PlatformResult(parsing: answer.parameters)
            Messages.note(result.map { "\($0.code): \($0.message)" } ?? "HTTP 200, without a result")
            try Streams.write(answer.parameters + [UInt8(ascii: "\n")])
        } catch let error as PlatformError {
            Messages.error("the server rejected the call: \(error)")
            if error == .invalidInputParameter { Messages.hint(Self.rejectionHint) }
            throw ExitCode(1)
        } catch let error as KMError where [.callNotSent, .callFailed, .callTimedOut].contains(error.code) {
            let fault = ConnectionFault(error.detail, scheme: base.scheme, authority: base.authority, option: "--url")
            Messages.error(
                "\(error.code): \(fault.reason)\(error.code == .callNotSent ? "" : "; the call may have run")"
            )
            Messages.hint(fault.advice)
            throw ExitCode(1)
        } catch let error as KMError where error.code == .statusUnexpected {
            Messages.error("\(error)")
            if error.detail.hasSuffix("got 404") { Messages.hint(Self.notFoundHint(base, path)) }
            if ["502", "503", "504"].contains(error.detail.suffix(3)) { Messages.hint(Self.gatewayHint) }
            throw ExitCode(1)
        }
    }

    /// The hint for HTTP status 404.
    private static func notFoundHint(_ base: BaseURL, _ path: String) -> String {
        let url = "\(base.scheme)://\(base.authority)"
        return base.path.isEmpty || base.path == "/"
            ? "--url has no base path; give the API's base URL, such as \(url)/open-api"
            : "the server has nothing at \(base.path)\(path): compare the base path of --url and --path with the server's"
    }

    private static let gatewayHint = """
        a proxy or gateway answered, because the server behind it did not; read the log of the proxy
        """

    private static let rejectionHint = """
        a server does not say what was wrong; it logs it, and kmsandbox serve shows it for the same call
        """

    private func endpoint() throws -> Endpoint {
        switch level {
        case nil: return (try? EndpointTable.documented.endpoint(.post, path)) ?? Endpoint(path)
        case .message: return Endpoint(path)
        case .plain: return Endpoint(path, request: .plain, response: .plain)
        case .field:
            guard path == Endpoint.waitingPhysicalCards.path else {
                throw ValidationError("--level field is defined for \(Endpoint.waitingPhysicalCards.path) only")
            }
            return .waitingPhysicalCardsByField
        }
    }
}
#endif
