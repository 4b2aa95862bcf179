public import Foundation
internal import KMPrimitives

/// The time, time zone and correlation id of one request.
///
/// The token's time, X-KM-Tran-Time, X-KM-Time-Zone and X-KM-Correlation-Id all come from one stamp, so they always
/// agree.
public struct RequestStamp: Sendable, Hashable {
    /// X-KM-Time-Zone, the zone of the request's times.
    public let timeZone: TimeZoneCode
    /// X-KM-Tran-Time, the time to the second.
    public var tranTime: TranTime { TranTime(time) }
    /// X-KM-Correlation-Id, the time to the second and 28 random bits.
    public let correlationID: CorrelationID

    /// The local time that the token carries, to the millisecond.
    package let time: CivilTime

    /// Creates a stamp for a request at a given instant, with a random correlation id.
    ///
    /// - Parameters:
    ///   - date: The instant, from 2000-01-02 to 2099-12-30 UTC. It is rounded to the nearest millisecond. In
    ///     this range the local year is 2000 to 2099 in every zone; a correlation id's two-digit year has that range.
    ///   - timeZone: The zone to write the times in.
    /// - Throws: ``KMError`` `headerInvalid` when `date` is out of range; `cryptographyUnavailable` when the random
    ///   generator fails.
    public init(date: Date, timeZone: TimeZoneCode) throws {
        try self.init(date: date, timeZone: timeZone, random: Self.random())
    }

    /// Creates a stamp whose correlation id has the low 28 bits of `random`.
    ///
    /// - Throws: ``KMError`` `headerInvalid` when `date` is not from 2000-01-02 to 2099-12-30 UTC.
    package init(date: Date, timeZone: TimeZoneCode, random: UInt32) throws {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
        // 2000-01-02 to 2099-12-31 00:00 UTC, which is in the years 2000 to 2099 in every zone.
        guard (946_771_200_000...4_102_358_400_000).contains(milliseconds) else {
            throw TranTime.invalid("must be a time from 2000-01-02 to 2099-12-30 UTC")
        }
        self.init(
            CivilTime(millisecondsSince1970: Int64(milliseconds), secondsFromUTC: timeZone.secondsFromUTC),
            timeZone,
            random
        )
    }

    /// Creates a stamp for a given local time, to reproduce a recorded call.
    ///
    /// The correlation id is random.
    ///
    /// - Parameters:
    ///   - timeDigits: The local time as 17 digits, `yyyyMMddHHmmssSSS`, in the years 2000 to 2099.
    ///   - timeZone: The zone of that local time.
    /// - Throws: ``KMError`` `headerInvalid` when `timeDigits` is not 17 digits, is a date or time that does not exist,
    ///   or is out of range; `cryptographyUnavailable` when the random generator fails.
    public init(timeDigits: String, timeZone: TimeZoneCode) throws {
        let digits = Array(timeDigits.utf8)
        guard digits.count == 17, let time = CivilTime(digits: digits.span), (2000...2099).contains(time.year) else {
            throw KMError(
                .headerInvalid,
                "the token's time must be a valid time yyyyMMddHHmmssSSS in the years 2000 to 2099"
            )
        }
        self.init(time, timeZone, try Self.random())
    }

    private static func random() throws -> UInt32 {
        try SecureRandom.bytes(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    private init(_ time: CivilTime, _ timeZone: TimeZoneCode, _ random: UInt32) {
        self.init(time, timeZone, CorrelationID(time, random: random))
    }

    private init(_ time: CivilTime, _ timeZone: TimeZoneCode, _ correlationID: CorrelationID) {
        self.timeZone = timeZone
        self.time = time
        self.correlationID = correlationID
    }

    /// Returns this stamp with a given correlation id, to reproduce a recorded call.
    package func with(correlationID: CorrelationID) -> RequestStamp {
        RequestStamp(time, timeZone, correlationID)
    }

    /// The seconds that the correlation id's time is ahead of the stamp's time.
    ///
    /// This is 0 unless the id came from ``with(correlationID:)``.
    package var correlationLead: Int64 {
        let times = [correlationID.time, time.toTheSecond].map { $0.millisecondsSince1970(secondsFromUTC: 0) / 1000 }
        return times[0] - times[1]
    }
}
