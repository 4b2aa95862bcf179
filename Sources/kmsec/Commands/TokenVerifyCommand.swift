import ArgumentParser
import Foundation
import KMSecurity

/// Checks a token.
struct TokenVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a token against a body: the bytes as received in; says why it does not verify.",
        usage: """
            kmsec token verify (--secret-file <file> | --secret-env <name>) --token <token>
                               [--zone <zone>] [--tolerance <seconds>] [--any-time] [<file>]
            """
    )

    @OptionGroup var secret: SecretOptions

    @Option(help: "The value of X-KM-Tran-Token.")
    var token: String

    @Option(help: "The zone of the token's time.")
    var zone = TimeZoneCode.utc

    @Option(help: ArgumentHelp("How many seconds the token's time may be off, either way.", valueName: "seconds"))
    var tolerance = 300.0

    @Flag(help: "Take any time: check the MAC alone.")
    var anyTime = false

    @OptionGroup var input: InputOptions

    func validate() throws {
        guard tolerance >= 0, tolerance.isFinite else { throw ValidationError("--tolerance takes 0 seconds or more") }
    }

    func run() throws {
        let verifier = TranTokenVerifier(
            try secret.load(),
            tolerance: anyTime ? nil : .init(past: tolerance, future: tolerance)
        )
        let token = try TranToken(token)
        try verifier.verify(token, body: input.readSignedBody(), timeZone: zone, at: .now)
        try Streams.writeLine("valid, of \(token.timeDigits) \(zone)")
    }
}
