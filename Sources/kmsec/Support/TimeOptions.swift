import ArgumentParser
import Foundation
import KMSecurity

/// When a request is made.
struct TimeOptions: ParsableArguments {
    @Option(help: "The zone of the request's times.")
    var zone = TimeZoneCode.utc

    @Option(
        help: ArgumentHelp(
            "The request's time in that zone, 17 digits yyyyMMddHHmmssSSS (default: now).",
            valueName: "digits"
        )
    )
    var time: String?

    func validate() throws {
        do {
            _ = try stamp()
        } catch let error as KMError where error.code == .headerInvalid {
            throw ValidationError(
                "--time takes 17 digits, yyyyMMddHHmmssSSS, of a calendar and of the years 2000 to 2099"
            )
        }
    }

    /// The stamp of a request of that time, with a new correlation id.
    func stamp() throws -> RequestStamp {
        try time.map { try RequestStamp(timeDigits: $0, timeZone: zone) } ?? RequestStamp(date: .now, timeZone: zone)
    }
}
