import ArgumentParser
import Foundation
import KMCommandLine
internal import KMDiagnosis
import KMPrimitives
import KMSecurity

/// Makes a complete request: URL, headers, token and body.
struct RequestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request",
        abstract: "Make a complete request: read parameters, write a signed and encrypted request, ready to send.",
        usage: """
            kmsec request (--url <url> | --base-url <url> [--path <path>])
                          --asp-id <asp-id> (--access-key <access-key> | --callback)
                          (--secret-file <file> | --secret-env <name>)
                          (--to <certificate> --key-id <key-id> [--field <path> ...] | --plain)
                          [--method <method>] [--allow-unmatched] [--profile <profile>] [--enc <enc>]
                          [--any-time] [--zone <zone>] [--time <digits>]
                          [--correlation-id <correlation-id>]
                          [--format <format>] [--body-file <file>] [--output <file>] [<file>]
            """,
        discussion: """
            Writes a curl command for a POSIX shell, an HTTP/1.1 message for nc or openssl s_client, or JSON. The \
            output does not contain the secret key. Send the request within minutes: servers reject old and repeated \
            requests. GET and DELETE requests have no body: no input is read, and the token is made for an empty body.
            """
    )

    @Option(help: "The URL of the request.")
    var url: String?

    @Option(help: ArgumentHelp("The base URL of the API, such as https://HOST/open-api.", valueName: "url"))
    var baseURL: String?

    @Option(help: "With --base-url: the path of the endpoint (default: \(Self.documentedPath)).")
    var path: String?

    @Option(help: "The HTTP method.")
    var method = RequestMethod.post

    @Option(name: .customLong("asp-id"), help: "X-KM-User-AspId, 15 characters.", transform: AspID.init(_:))
    var aspID: AspID

    @Option(help: "X-KM-Access-Key, 40 characters: it identifies the secret key.", transform: AccessKey.init(_:))
    var accessKey: AccessKey?

    @Flag(help: "Make a callback: a call from the platform to a service provider, without an access key.")
    var callback = false

    @OptionGroup var secret: SecretOptions

    @Option(
        help: ArgumentHelp(
            "Encrypt the parameters to this public key or X.509 certificate, PEM or DER.",
            valueName: "certificate"
        ),
        completion: .file()
    )
    var to: String?

    @Option(
        help: "X-KM-Crypto-Key-Id, 32 characters. With --plain, it names the key for the response.",
        transform: CryptoKeyID.init(_:)
    )
    var keyID: CryptoKeyID?

    @OptionGroup var fields: FieldPathOptions

    @Flag(help: "Send the parameters unencrypted.")
    var plain = false

    @Option(help: "The wire profile: the form of the token and of the encryption.")
    var profile = WireProfile.documented

    @Option(help: "The content encryption algorithm (default: A256GCM for documented, A128GCM for gateway).")
    var enc: ContentEncryptionAlgorithm?

    @Flag(help: "Accept a certificate that has expired or is not valid yet.")
    var anyTime = false

    @OptionGroup var times: TimeOptions

    @Option(
        help: "X-KM-Correlation-Id, yyMMddHHmmss-xxxxxxx (default: the time and 7 random hexadecimal digits).",
        transform: CorrelationID.init(_:)
    )
    var correlationID: CorrelationID?

    @Option(help: "The output format: a curl command, an HTTP message or JSON.")
    var format = PreparedRequest.Format.curl

    @Option(
        help: ArgumentHelp(
            "With --format curl: write the body to this new file (mode 0600), which curl then sends.",
            valueName: "file"
        ),
        completion: .file()
    )
    var bodyFile: String?

    @OptionGroup var input: InputOptions

    @OptionGroup var output: OutputOptions

    private static let documentedPath = "/api/v1/issued-cards/pre-issue/waiting/physical"

    func validate() throws {
        guard (url == nil) != (baseURL == nil) else {
            throw ValidationError("give either --url URL, or --base-url URL and optionally --path PATH")
        }
        guard path == nil || baseURL != nil else { throw ValidationError("--path requires --base-url") }
        do {
            _ = try target()
        } catch let error as KMError {
            throw ValidationError(error.detail)
        }
        guard callback == (accessKey == nil) else {
            throw ValidationError(
                callback
                    ? "--callback cannot be used with --access-key"
                    : "give --access-key KEY, or --callback for a callback"
            )
        }
        try validateProtection()
        guard let bodyFile else { return }
        guard format == .curl, method.hasBody else {
            throw ValidationError("--body-file requires --format curl and a method that has a body")
        }
        let files = [bodyFile, output.output].compactMap { file in
            file.map { URL(filePath: $0).standardizedFileURL.resolvingSymlinksInPath() }
        }
        guard files.count < 2 || output.output == "-" || files[0] != files[1] else {
            throw ValidationError("--body-file and --output must be different files")
        }
        guard !bodyFile.isEmpty, !bodyFile.contains("\n"), ShellWord.canHold(bodyFile) else {
            throw ValidationError("--body-file must be a file name without control characters")
        }
    }

    private func validateProtection() throws {
        guard method.hasBody else {
            guard to == nil, fields.paths.isEmpty else {
                throw ValidationError("a \(method.rawValue) has no body to encrypt: leave out --to and --field")
            }
            return
        }
        guard !plain else {
            guard to == nil, fields.paths.isEmpty else {
                throw ValidationError("--plain cannot be used with --to or --field")
            }
            return
        }
        guard to != nil, keyID != nil else {
            throw ValidationError("give --to CERTIFICATE and --key-id ID to encrypt, or --plain to send unencrypted")
        }
    }

    func run() throws {
        let target = try target()
        let made = try times.stamp()
        let stamp = correlationID.map(made.with(correlationID:)) ?? made
        let key = try to.flatMap { path in try keyID.map { try KeyFiles.publicHalf(path, id: $0, anyTime: anyTime) } }
        let client = try ClientSecurity(
            party: accessKey.map { .serviceProvider($0) } ?? .platform,
            aspID: aspID,
            secretKey: secret.load(),
            keyring: CryptoKeyring(key.map { [$0] } ?? [], primary: key?.id),
            configuration: .init(profile: enc.map(profile.with(encryption:)) ?? profile, limits: Streams.limits)
        )
        let parameters = try method.hasBody ? input.readAll(expecting: "the parameters, one JSON text, are") : []
        let sealed = try client.sealLocally(
            parameters,
            for: Endpoint(target.target, request: .init(key == nil ? .none : fields.protection())),
            under: keyID,
            stamp: stamp,
            at: .now
        )
        let request = PreparedRequest(method, target, sealed)
        if !fields.paths.isEmpty, sealed.body == parameters {
            Messages.warning("no --field path matches: the body is not encrypted")
        }
        warn(of: request, stamp)
        switch format {
        case .curl: try writeCurlCommand(request)
        case .http: try output.write(request.httpMessage)
        case .json: try output.writeJSON(request.json)
        }
    }

    private func target() throws -> RequestURL {
        try url.map(RequestURL.init) ?? RequestURL(base: baseURL ?? "", path: path ?? Self.documentedPath)
    }

    private func writeCurlCommand(_ request: PreparedRequest) throws {
        guard let bodyFile else { return try output.write(Array(request.curlCommand(bodyFile: nil).utf8)) }
        try writeNewFile(request.body.span, path: bodyFile, mode: 0o600)
        // For `-`, curl would read standard input.
        let name = bodyFile == "-" ? "./-" : bodyFile
        try output.write(Array(request.curlCommand(bodyFile: name).utf8))
    }

    /// Warns about card numbers that others will see, and about a correlation id that a server will reject.
    private func warn(of request: PreparedRequest, _ stamp: RequestStamp) {
        if let finding = PANScanner.findings(in: request.body.span).first {
            let place = finding.jsonPath.map { " at \($0)" } ?? ""
            let cure = plain ? "leave out --plain and give --to and --key-id" : "also give its path with --field"
            Messages.warning("the body contains an unencrypted card number\(place): \(finding.masked)")
            Messages.hint("to encrypt it, \(cure)")
        }
        if let finding = PANScanner.findings(in: Array(request.url.text.utf8).span).first {
            Messages.warning("the URL contains a card number, and servers and proxies log URLs: \(finding.masked)")
        }
        if abs(stamp.correlationLead) > 300 {
            Messages.warning(
                """
                the time of the correlation id differs by \(abs(stamp.correlationLead)) s from the request's; a server \
                accepts at most 300 s
                """
            )
        }
    }
}
