import ArgumentParser
import Foundation
import KMSecurity

/// The options for the time of a request.
struct TimeOptions: ParsableArguments {
    @Option(help: "The time zone of the request.")
    var zone = TimeZoneCode.utc

    @Option(
        help: ArgumentHelp(
            "The time of the request in that zone, 17 digits yyyyMMddHHmmssSSS (default: now).",
            valueName: "digits"
        )
    )
    var time: String?

    func validate() throws {
        do {
            _ = try stamp()
        } catch let error as KMError where error.code == .headerInvalid {
            throw ValidationError(
                "--time must be 17 digits, yyyyMMddHHmmssSSS, and a valid date in the years 2000 to 2099"
            )
        }
    }

    /// Makes the stamp of a request at that time, with a new correlation id.
    func stamp() throws -> RequestStamp {
        try time.map { try RequestStamp(timeDigits: $0, timeZone: zone) } ?? RequestStamp(date: .now, timeZone: zone)
    }
}

/// Parses a time in UTC, such as `2026-11-25T03:00:00Z`.
///
/// - Throws: `ValidationError` for any other form.
func utcTime(_ text: String) throws -> Date {
    guard let date = try? Date(text, strategy: .iso8601) else {
        throw ValidationError("must be a time in UTC, such as 2026-11-25T03:00:00Z")
    }
    return date
}
