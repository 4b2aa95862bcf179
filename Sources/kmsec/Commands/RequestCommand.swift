import ArgumentParser
import Foundation
internal import KMDiagnosis
import KMPrimitives
import KMSecurity

/// Makes a whole request.
struct RequestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request",
        abstract: "Make a whole request: parameters in; the signed and encrypted request out, ready to send.",
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
            Writes a curl command for a POSIX shell, an HTTP/1.1 message for nc or openssl s_client, or JSON. None of them \
            holds the secret key. Send the request within minutes: servers reject old and repeated ones. A GET and a \
            DELETE have no body: they read no input, and their token is that of an empty body.
            """
    )

    @Option(help: "The whole URL.")
    var url: String?

    @Option(help: ArgumentHelp("The URL of the API, such as https://HOST/open-api.", valueName: "url"))
    var baseURL: String?

    @Option(help: "With --base-url: the endpoint's path (default: \(Self.documentedPath)).")
    var path: String?

    @Option(help: "The HTTP method.")
    var method = RequestMethod.post

    @Option(name: .customLong("asp-id"), help: "X-KM-User-AspId, 15 characters.", transform: AspID.init(_:))
    var aspID: AspID

    @Option(help: "X-KM-Access-Key, 40 characters: the name of the secret key.", transform: AccessKey.init(_:))
    var accessKey: AccessKey?

    @Flag(help: "Make a callback, the platform's call to a service provider. It has no access key.")
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
        help: "X-KM-Crypto-Key-Id, 32 characters. With --plain it names the key for the response.",
        transform: CryptoKeyID.init(_:)
    )
    var keyID: CryptoKeyID?

    @OptionGroup var fields: FieldPathOptions

    @Flag(help: "Send the parameters as they are.")
    var plain = false

    @Option(help: "The wire profile: the form of the token and of the encryption.")
    var profile = WireProfile.documented

    @Option(help: "The content encryption (default: A256GCM as documented, A128GCM as gateway).")
    var enc: ContentEncryptionAlgorithm?

    @Flag(help: "Encrypt to a certificate outside its validity too.")
    var anyTime = false

    @OptionGroup var times: TimeOptions

    @Option(
        help: "X-KM-Correlation-Id, yyMMddHHmmss-xxxxxxx (default: the time and 7 random hexadecimal digits).",
        transform: CorrelationID.init(_:)
    )
    var correlationID: CorrelationID?

    @Option(help: "The form of the output: a curl command, an HTTP message, or JSON.")
    var format = PreparedRequest.Format.curl

    @Option(
        help: ArgumentHelp(
            "With --format curl: write the body to this new file (mode 0600), and have curl send it from there.",
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
            throw ValidationError("give the URL by --url URL, or by --base-url URL and --path PATH")
        }
        guard path == nil || baseURL != nil else { throw ValidationError("--path goes with --base-url") }
        do {
            _ = try target()
        } catch let error as KMError {
            throw ValidationError(error.detail)
        }
        guard callback == (accessKey == nil) else {
            throw ValidationError(
                callback ? "--callback has no --access-key" : "give --access-key KEY, or --callback for a callback"
            )
        }
        try validateProtection()
        guard let bodyFile else { return }
        guard format == .curl, method.hasBody else {
            throw ValidationError("--body-file goes with --format curl and a method that has a body")
        }
        let files = [bodyFile, output.output].compactMap { file in
            file.map { URL(filePath: $0).standardizedFileURL.resolvingSymlinksInPath() }
        }
        guard files.count < 2 || output.output == "-" || files[0] != files[1] else {
            throw ValidationError("--body-file and --output must be two files")
        }
        guard !bodyFile.isEmpty, !bodyFile.contains("\n"), ShellWord.canHold(bodyFile) else {
            throw ValidationError("--body-file takes a name without control characters")
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
                throw ValidationError("--plain goes without --to and --field")
            }
            return
        }
        guard to != nil, keyID != nil else {
            throw ValidationError("give --to CERTIFICATE and --key-id ID to encrypt, or --plain to send in the clear")
        }
    }

    func run() throws {
        let target = try target()
        let made = try times.stamp()
        let stamp = correlationID.map(made.with(correlationID:)) ?? made
        let key = try to.flatMap { path in try keyID.map { try KeyFiles.publicHalf(path, id: $0, anyTime: anyTime) } }
        let client = try ClientSecurity(
            aspID: aspID,
            accessKey: accessKey,
            secretKey: secret.load(),
            keyring: CryptoKeyring(key.map { [$0] } ?? [], primary: key?.id),
            profile: enc.map(profile.with(encryption:)) ?? profile,
            limits: Streams.limits
        )
        let parameters = try method.hasBody ? input.readAll(expecting: "the parameters, one JSON text, are") : []
        let sealed = try client.seal(
            parameters,
            key == nil ? .none : fields.protection(),
            under: keyID,
            stamp: stamp,
            at: .now
        )
        let request = PreparedRequest(method, target, sealed)
        if !fields.paths.isEmpty, sealed.body == parameters {
            Messages.warning("no --field matched anything: the body is not encrypted")
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
        // curl takes - for standard input.
        let name = bodyFile == "-" ? "./-" : bodyFile
        try output.write(Array(request.curlCommand(bodyFile: name).utf8))
    }

    /// Warns of card numbers that others will see, and of a correlation id that a server will reject.
    private func warn(of request: PreparedRequest, _ stamp: RequestStamp) {
        if let finding = PANScanner.findings(in: request.body.span).first {
            let place = finding.jsonPath.map { " at \($0)" } ?? ""
            let cure = plain ? "leave out --plain, and give --to and --key-id" : "name its field by --field too"
            Messages.warning("the body holds a card number in the clear\(place): \(finding.masked)")
            Messages.hint("to encrypt it, \(cure)")
        }
        if let finding = PANScanner.findings(in: Array(request.url.text.utf8).span).first {
            Messages.warning("the URL holds a card number, which servers and proxies log: \(finding.masked)")
        }
        if abs(stamp.correlationLead) > 300 {
            Messages.warning(
                "the correlation id's time is \(abs(stamp.correlationLead)) s from the request's; a server allows 300 s"
            )
        }
    }
}
