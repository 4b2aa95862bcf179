import ArgumentParser
import Foundation
import KMSecurity

/// Makes a token.
struct TokenSignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Make the token of a body: the bytes as sent in, the token out.",
        usage: """
            kmsec token sign (--secret-file <file> | --secret-env <name>)
                             [--profile <profile>] [--zone <zone>] [--time <digits>]
                             [--output <file>] [<file>]
            """
    )

    @OptionGroup var secret: SecretOptions

    @Option(help: "The dialect: a token of 66 characters as documented, 67 as gateway.")
    var profile = WireProfile.documented

    @OptionGroup var times: TimeOptions

    @OptionGroup var input: InputOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        let signer = TranTokenSigner(try secret.load())
        try output.writeLine(signer.sign(input.readSignedBody(), at: times.stamp()).text(profile))
    }
}
