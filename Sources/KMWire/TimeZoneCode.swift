public import HTTPTypes
internal import KMPrimitives

/// The value of X-KM-Time-Zone, the time zone of a request's times.
///
/// The supported abbreviations are `UTC`, `GMT`, `KST` (UTC+9) and `JST` (UTC+9). Each has only one meaning and no
/// daylight saving time. Many others have several meanings (IST, CST, BST), and a wrong guess would shift every time by
/// hours. Any other abbreviation is therefore an error.
public struct TimeZoneCode: HeaderValue {
    /// The header name, X-KM-Time-Zone.
    public static let headerName = HTTPField.Name.kmTimeZone

    /// Coordinated Universal Time.
    public static let utc = TimeZoneCode(text: "UTC", secondsFromUTC: 0)
    /// Greenwich Mean Time, the same as UTC.
    public static let gmt = TimeZoneCode(text: "GMT", secondsFromUTC: 0)
    /// Korea Standard Time, nine hours ahead of UTC.
    public static let kst = TimeZoneCode(text: "KST", secondsFromUTC: 9 * 3600)
    /// Japan Standard Time, nine hours ahead of UTC.
    public static let jst = TimeZoneCode(text: "JST", secondsFromUTC: 9 * 3600)

    /// All supported time zones.
    public static let all = [utc, gmt, kst, jst]

    /// The header's text, an abbreviation of 3 capital letters.
    public let text: String
    /// The seconds that the zone is ahead of UTC.
    public let secondsFromUTC: Int

    private init(text: String, secondsFromUTC: Int) {
        self.text = text
        self.secondsFromUTC = secondsFromUTC
    }

    /// Returns the time zone with a given abbreviation.
    ///
    /// - Throws: ``KMError`` `headerInvalid` when `text` is not three capital letters; `timeZoneUnknown` when it is an
    ///   unsupported abbreviation.
    public init(_ text: String) throws {
        try Self.check(text, count: 3, "capital ASCII letters") { $0 &- UInt8(ascii: "A") < 26 }
        guard let known = Self.all.first(where: { $0.text == text }) else {
            let names = Self.all.map(\.text).joined(separator: ", ")
            throw KMError(.timeZoneUnknown, "\(Self.headerName.rawName) must be one of \(names)")
        }
        self = known
    }
}
