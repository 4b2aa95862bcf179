#if Sandbox
import KMCommandLine
import KMSecurity

extension FailureHints {
    /// The hints of `kmsandbox`.
    static let ofKMSandbox = FailureHints(
        corrections: [
            ("--secret", "the secret key comes from the credentials file: --credentials FILE"),
            ("--key", "the keys come from the credentials file: --credentials FILE"),
            ("--cert", "certificates for TLS come with --ca FILE, all others from the credentials file"),
            ("--cacert", "certificates for TLS come with --ca FILE"),
            ("--insecure", "TLS is always verified; give the certificate of the server's issuer with --ca FILE"),
        ],
        ofUsage: commandWithoutTerminator
    ) { code, _ in
        switch code {
        case .malformedCredentials:
            "the file is one JSON object with aspId, accessKey, secretKey, cryptoKeyId, serverCertificate, "
                + "clientPrivateKey and timeZone; kmsandbox serve and kmexample write one"
        case .firstCallRejected:
            "check --credentials (aspId, accessKey, secretKey, cryptoKeyId, serverCertificate and timeZone), that --url is "
                + "the server that issued them, and both clocks; the server's log has the reason"
        case .firstCallNotFound: "give --url the API's base URL with its base path, such as http://HOST:PORT/open-api"
        case .testCardUnknown:
            "put parameters that the server knows into a copy of the credentials file, as the member parameters"
        case .callNotSent: "check the URL, and that the server runs; for TLS, give its issuer with --ca FILE"
        case .authenticationFailed:
            "the server encrypted to another key than the client's, or the response was changed on its way"
        case .protectionRequired, .malformedBody:
            "the response is not encrypted as expected; --level says what the call and its response must be"
        case .correlationMismatch: "the response answers another call; the server must repeat X-KM-Correlation-Id"
        case .keyIDMismatch: "the kid in the response differs from the crypto key of the call"
        case .stateInvalid: "kmsandbox serve without --state begins with the test data"
        default: nil
        }
    }

    /// Returns a hint if a client's command after `conform --listen` has no `--` before it.
    private static func commandWithoutTerminator(_ arguments: [String]) -> String? {
        guard arguments.first == "conform", arguments.contains("--listen"), !arguments.contains("--") else {
            return nil
        }
        let flags = ["--listen", "--list", "--json"]
        var rest = arguments.dropFirst()
        while let word = rest.first {
            guard word.hasPrefix("-") else { break }
            rest = rest.dropFirst(flags.contains(word) || word.contains("=") ? 1 : 2)
        }
        guard let program = rest.first else { return nil }
        return "put -- before the command: kmsandbox conform --listen -- \(program) …"
    }
}
#endif
