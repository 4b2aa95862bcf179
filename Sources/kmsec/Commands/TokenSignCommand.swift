import ArgumentParser
import Foundation
import KMSecurity

/// Makes a token.
struct TokenSignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Make the token of a body: the bytes as sent in, the token out."
    )

    @OptionGroup var secret: SecretOptions

    @Option(help: "The dialect: a token of 66 characters as documented, 67 as gateway.")
    var profile = WireProfile.documented

    @Option(
        help: "The zone of the token's time: UTC, GMT, KST or JST (default: UTC).",
        transform: TimeZoneCode.init(_:)
    )
    var zone = TimeZoneCode.utc

    @Option(help: "The token's time, yyyyMMddHHmmssSSS in that zone (default: now).")
    var time: String?

    @OptionGroup var input: InputOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        do {
            _ = try time.map { try RequestStamp(timeDigits: $0, timeZone: zone) }
        } catch let error as KMError where error.code == .headerInvalid {
            throw ValidationError(
                "--time takes 17 digits, yyyyMMddHHmmssSSS, of a calendar and of the years 2000 to 2099"
            )
        }
    }

    func run() throws {
        let signer = TranTokenSigner(try secret.load())
        let stamp =
            try time.map { try RequestStamp(timeDigits: $0, timeZone: zone) }
            ?? RequestStamp(date: .now, timeZone: zone)
        try output.writeLine(signer.sign(input.readAll(), at: stamp).text(profile))
    }
}
