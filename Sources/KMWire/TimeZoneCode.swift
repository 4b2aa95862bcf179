public import HTTPTypes
internal import KMPrimitives

/// X-KM-Time-Zone: the zone of a request's times, by the abbreviations that have one meaning and no daylight saving:
/// `UTC`, `GMT`, `KST` (UTC+9) and `JST` (UTC+9).
///
/// Most abbreviations have several meanings (IST, CST, BST); a wrong guess would shift every time by hours, so an
/// unknown one is an error.
public struct TimeZoneCode: HeaderValue {
    /// X-KM-Time-Zone.
    public static let headerName = HTTPField.Name.kmTimeZone

    /// Coordinated universal time.
    public static let utc = TimeZoneCode(text: "UTC", secondsFromUTC: 0)
    /// Greenwich mean time: as UTC.
    public static let gmt = TimeZoneCode(text: "GMT", secondsFromUTC: 0)
    /// Korea standard time: nine hours ahead of UTC.
    public static let kst = TimeZoneCode(text: "KST", secondsFromUTC: 9 * 3600)
    /// Japan standard time: nine hours ahead of UTC.
    public static let jst = TimeZoneCode(text: "JST", secondsFromUTC: 9 * 3600)

    /// All that are known.
    public static let all = [utc, gmt, kst, jst]

    /// The abbreviation, 3 capital letters.
    public let text: String
    /// How far the zone's clocks are ahead of UTC, in seconds.
    public let secondsFromUTC: Int

    private init(text: String, secondsFromUTC: Int) {
        self.text = text
        self.secondsFromUTC = secondsFromUTC
    }

    /// Finds a zone by its abbreviation.
    ///
    /// - Throws: ``KMError`` `headerInvalid` for what is no three capital letters, `timeZoneUnknown` for three others.
    public init(_ text: String) throws {
        try Self.check(text, count: 3, "the capital ASCII letters") { $0 &- UInt8(ascii: "A") < 26 }
        guard let known = Self.all.first(where: { $0.text == text }) else {
            let names = Self.all.map(\.text).joined(separator: ", ")
            throw KMError(.timeZoneUnknown, "\(Self.headerName.rawName) is none of \(names)")
        }
        self = known
    }
}
