import ArgumentParser
import Foundation
import KMCommandLine
import KMSecurity

/// Makes the token of a body.
struct TokenSignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Make the token of a body: read the body exactly as sent, write the token.",
        usage: """
            kmsec token sign (--secret-file <file> | --secret-env <name>)
                             [--profile <profile>] [--zone <zone>] [--time <digits>]
                             [--output <file>] [<file>]
            """
    )

    @OptionGroup var secret: SecretOptions

    @Option(help: "The wire profile: the token has 66 characters for documented, 67 for gateway.")
    var profile = WireProfile.documented

    @OptionGroup var times: TimeOptions

    @OptionGroup var input: InputOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        let signer = TranTokenSigner(try secret.load())
        try output.writeLine(signer.sign(input.readSignedBody(), at: times.stamp()).text(profile))
    }
}
