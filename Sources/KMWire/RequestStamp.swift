public import Foundation
internal import KMPrimitives

/// The one instant of a request.
///
/// The token's time, X-KM-Tran-Time, X-KM-Time-Zone and the correlation id all come from it, so that they cannot
/// disagree.
public struct RequestStamp: Sendable, Hashable {
    /// The zone whose clock the times are read from.
    public let timeZone: TimeZoneCode
    /// X-KM-Tran-Time.
    public var tranTime: TranTime { TranTime(time) }
    /// X-KM-Correlation-Id: the time, and 28 random bits.
    public let correlationID: CorrelationID

    /// The reading that the token carries, to the millisecond.
    package let time: CivilTime

    /// Stamps a request made at `date`, taken to the nearest millisecond, in a zone.
    ///
    /// - Throws: ``KMError`` `headerInvalid` when `date` is not from 2000-01-02 to 2099-12-30: the two digits of a correlation
    ///   id's year stand for 2000 to 2099 in every zone; `cryptographyUnavailable` when there are no random bits.
    public init(date: Date, timeZone: TimeZoneCode) throws {
        try self.init(date: date, timeZone: timeZone, random: Self.random())
    }

    /// As the public one; the correlation id has the low 28 bits of `random`.
    package init(date: Date, timeZone: TimeZoneCode, random: UInt32) throws {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
        // In the years 2000 to 2099 in every zone.
        guard (946_771_200_000...4_102_358_400_000).contains(milliseconds) else {
            throw TranTime.invalid("cannot tell a time outside the years 2000 to 2099")
        }
        self.init(
            CivilTime(millisecondsSince1970: Int64(milliseconds), secondsFromUTC: timeZone.secondsFromUTC),
            timeZone,
            random
        )
    }

    /// Stamps a request as made at a given reading of a zone's clock, for making a recorded call again.
    ///
    /// - Parameters:
    ///   - timeDigits: `yyyyMMddHHmmssSSS`, 17 digits, in the years 2000 to 2099.
    ///   - timeZone: the zone whose clock reads so.
    /// - Throws: ``KMError`` `headerInvalid` for other than 17 digits or a time that no calendar has;
    ///   `cryptographyUnavailable` when there are no random bits.
    public init(timeDigits: String, timeZone: TimeZoneCode) throws {
        let digits = Array(timeDigits.utf8)
        guard digits.count == 17, let time = CivilTime(digits: digits.span), (2000...2099).contains(time.year) else {
            throw KMError(
                .headerInvalid,
                "the token carries a time yyyyMMddHHmmssSSS of a calendar, in the years 2000 to 2099"
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

    /// This stamp with a given correlation id, for making a recorded call again.
    package func with(correlationID: CorrelationID) -> RequestStamp {
        RequestStamp(time, timeZone, correlationID)
    }

    /// How many seconds the correlation id's time is ahead of the stamp's; 0 unless the id was given.
    package var correlationLead: Int64 {
        let times = [correlationID.time, time.toTheSecond].map { $0.millisecondsSince1970(secondsFromUTC: 0) / 1000 }
        return times[0] - times[1]
    }
}
