import ArgumentParser
import KMSecurity

/// Tells why a token does not verify.
struct TokenExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tell why a token does not verify: the bytes as received in; the cause and what to change out.",
        discussion: """
            Tries the mistakes that clients are known to make: line ends, byte order marks, JSON written anew, other \
            encodings of the MAC, the secret read otherwise, the time signed too. Exit status 0 when the token verifies, 1 \
            when it does not, whether the cause is known or not.
            """
    )

    @OptionGroup var secret: SecretOptions

    @Option(help: "The value of X-KM-Tran-Token.")
    var token: String

    @OptionGroup var input: InputOptions

    func run() throws {
        let found = try TokenDiagnosis.explain(token: token, body: input.readAll(), secret: secret.bytes())
        try Streams.writeLine("\(found.cause): \(found.advice)")
        guard found == .verifies else { throw ExitCode.failure }
    }
}
