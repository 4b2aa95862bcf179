internal import Foundation

/// A time zone of the protocol; Foundation's calendar gives its local time.
struct ProtocolTimeZone {
    let name: String
    let hoursFromUTC: Int

    static let all = [
        ProtocolTimeZone(name: "UTC", hoursFromUTC: 0), ProtocolTimeZone(name: "GMT", hoursFromUTC: 0),
        ProtocolTimeZone(name: "KST", hoursFromUTC: 9), ProtocolTimeZone(name: "JST", hoursFromUTC: 9),
    ]
    static let utc = all[0]
    static let kst = all[2]

    /// Returns the local time `yyyyMMddHHmmssSSS` at a number of milliseconds since 1970, which must not be negative.
    func reading(_ milliseconds: Int64) -> String {
        var calendar = Calendar(identifier: .gregorian)
        // The initializer never returns nil for these offsets, whichever zones the machine has. The tests would detect
        // a wrong local time.
        calendar.timeZone = TimeZone(secondsFromGMT: hoursFromUTC * 3600) ?? .gmt
        let date = Date(timeIntervalSince1970: Double(milliseconds / 1000))
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        let numbers = [parts.month, parts.day, parts.hour, parts.minute, parts.second].map { Self.digits($0, 2) }
        return Self.digits(parts.year, 4) + numbers.joined() + Self.digits(Int(milliseconds % 1000), 3)
    }

    private static func digits(_ number: Int?, _ count: Int) -> String {
        let digits = String(number ?? 0)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
}

/// The instants of requests, in milliseconds since 1970-01-01T00:00:00Z.
enum TimeSamples {
    /// The first and the last instant that a request may have.
    static let edges: ClosedRange<Int64> = 946_771_200_000...4_102_358_400_000

    /// Instants that are accepted, each with its flag.
    static let stamped: [(comment: String, flag: String, milliseconds: Int64)] = [
        ("29 February of 2000, the last millisecond", "Calendar", 951_868_799_999),
        ("29 February of a leap year", "Calendar", 3_981_357_296_000),
        ("the last millisecond of a year", "Calendar", 1_735_689_599_999),
        ("the first millisecond of a year", "Calendar", 1_735_689_600_000),
        ("the last millisecond before KST has another day", "Calendar", 1_751_295_599_999),
        ("the first millisecond of another day in KST", "Calendar", 1_751_295_600_000),
        ("a whole second", "Calendar", 1_667_909_294_000),
        ("a millisecond behind a whole second", "Calendar", 1_667_909_294_001),
        ("the first instant that is taken", "Range", edges.lowerBound),
        ("the last instant that is taken", "Range", edges.upperBound),
    ]

    /// Instants that must be rejected.
    static let rejected: [(comment: String, milliseconds: Int64)] = [
        ("a millisecond before the first instant that is taken", edges.lowerBound - 1),
        ("a millisecond behind the last instant that is taken", edges.upperBound + 1),
        ("the first day of 2000", 946_684_800_000),
        ("the first day of 2100", 4_102_444_800_000),
        ("1970", 0),
        ("before 1970", -1),
        ("the year 10000", 253_402_300_800_000),
        ("the largest number that a double counts to", 9_007_199_254_740_991),
    ]

    /// Texts that are not accepted as a time zone, with the error code for each.
    static let zones: [(comment: String, text: String, error: String)] = [
        ("a zone that is not known: PST", "PST", "timeZoneUnknown"),
        ("a zone that is not known: IST", "IST", "timeZoneUnknown"),
        ("a zone in small letters", "kst", "headerInvalid"),
        ("a zone of two letters", "KS", "headerInvalid"),
        ("a zone of four letters", "KSTX", "headerInvalid"),
        ("no zone", "", "headerInvalid"),
        ("an offset for a zone", "+09", "headerInvalid"),
        ("a zone with a space behind it", "UTC ", "headerInvalid"),
    ]

    /// Returns an instant from 2001-01-01 up to 2098-01-01, in UTC.
    static func instant(_ seeded: SeededBytes) throws -> Int64 {
        Int64(try seeded.number(978_307_200_000...4_039_372_800_000, "instant"))
    }

    /// Returns a correlation id with a time in KST.
    static func correlationID(_ seeded: SeededBytes) throws -> String {
        let reading = ProtocolTimeZone.kst.reading(try instant(seeded))
        let bits = String(try seeded.number(0...0x0FFF_FFFF, "bits") + 0x1000_0000, radix: 16).suffix(7)
        return "\(reading.dropFirst(2).prefix(12))-\(bits)"
    }
}
