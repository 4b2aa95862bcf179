import ArgumentParser
import Foundation
import KMCommandLine
import KMSecurity

/// Verifies the token of a body.
struct TokenVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify the token of a body: read the body exactly as received, write whether the token is valid.",
        usage: """
            kmsec token verify (--secret-file <file> | --secret-env <name>) --token <token>
                               [--zone <zone>] [--tolerance <seconds>] [--any-time] [<file>]
            """
    )

    @OptionGroup var secret: SecretOptions

    @Option(help: "The value of X-KM-Tran-Token.")
    var token: String

    @Option(help: "The time zone of the token's time.")
    var zone = TimeZoneCode.utc

    @Option(
        help: ArgumentHelp("The largest accepted difference between the token's time and now.", valueName: "seconds")
    )
    var tolerance = 300.0

    @Flag(help: "Accept any time: check only the MAC.")
    var anyTime = false

    @OptionGroup var input: InputOptions

    func validate() throws {
        guard tolerance >= 0, tolerance.isFinite else { throw ValidationError("--tolerance must be 0 seconds or more") }
    }

    func run() throws {
        let verifier = TranTokenVerifier(
            try secret.load(),
            tolerance: anyTime ? nil : .init(past: tolerance, future: tolerance)
        )
        let token = try TranToken(token)
        try verifier.verify(token, body: input.readSignedBody(), timeZone: zone, at: .now)
        try Streams.writeLine("valid, signed at \(token.timeDigits) \(zone)")
    }
}
