import ArgumentParser
import KMCommandLine
internal import KMDiagnosis
import KMPrimitives
import KMSecurity

/// Finds out why a token does not verify.
struct TokenExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain why a token does not verify: read the body as received, write the cause and what to change.",
        usage: """
            kmsec token explain (--secret-file <file> | --secret-env <name>) --token <token>
                                [--plaintext <file>] [<file>]
            """,
        discussion: """
            Tries known mistakes of clients: changed line ends, byte order marks, reformatted JSON, other encodings of \
            the MAC, a secret key that was read differently, and the time included in the MAC. With --plaintext, it \
            also tries the parameters signed before encryption. Exit status: 0 if the token verifies, 1 if it does \
            not, even if the cause is found.
            """
    )

    @OptionGroup var secret: SecretOptions

    @Option(help: "The value of X-KM-Tran-Token.")
    var token: String

    @Option(
        help: ArgumentHelp(
            "The parameters before encryption, to check whether they were signed instead of the body.",
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
            Messages.hint("give --plaintext FILE with the parameters to check whether they were signed by mistake")
        }
        guard found == .verifies else { throw ExitCode.failure }
    }
}
