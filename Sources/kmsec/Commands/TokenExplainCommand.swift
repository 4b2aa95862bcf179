import ArgumentParser
internal import KMDiagnosis
import KMPrimitives
import KMSecurity

/// Tells why a token does not verify.
struct TokenExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tell why a token does not verify: the bytes as received in; the cause and what to change out.",
        usage: """
            kmsec token explain (--secret-file <file> | --secret-env <name>) --token <token>
                                [--plaintext <file>] [<file>]
            """,
        discussion: """
            Tries the mistakes that clients are known to make: line ends, byte order marks, JSON written anew, other \
            encodings of the MAC, the secret read otherwise, the time signed too; with --plaintext, the parameters signed \
            before they were encrypted. Exit status 0 when the token verifies, 1 \
            when it does not, whether the cause is known or not.
            """
    )

    @OptionGroup var secret: SecretOptions

    @Option(help: "The value of X-KM-Tran-Token.")
    var token: String

    @Option(
        help: ArgumentHelp(
            "The parameters before encryption: tells whether they were signed instead of the encrypted body.",
            valueName: "file"
        ),
        completion: .file()
    )
    var plaintext: String?

    @OptionGroup var input: InputOptions

    func run() throws {
        let body = try input.readSignedBody()
        let found = try TokenDiagnosis.explain(
            token: token,
            body: body,
            secret: secret.bytes(),
            parameters: plaintext.map(contents(ofFile:))
        )
        try Streams.writeLine("\(found.cause): \(found.advice)")
        if found == .unknown, plaintext == nil, (try? JWEInput.isEncrypted(body)) == true {
            Messages.hint("--plaintext FILE, with the parameters, tells whether they were signed before encryption")
        }
        guard found == .verifies else { throw ExitCode.failure }
    }
}
