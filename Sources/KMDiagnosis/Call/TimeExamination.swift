internal import Foundation
internal import HTTPTypes
internal import KMPrimitives
internal import KMSecurity
internal import KMWire

/// The examination of a request's times: against each other, and against the receiver's clock.
struct TimeExamination {
    let token: TranToken?
    let tranTime: TranTime?
    let correlationID: CorrelationID?
    let timeZone: TimeZoneCode?

    init(_ fields: HTTPFields) {
        token = (try? fields.single(.kmTranToken)).flatMap { $0 }.flatMap { try? TranToken($0) }
        tranTime = (try? fields.optional(TranTime.self)).flatMap { $0 }
        correlationID = (try? fields.optional(CorrelationID.self)).flatMap { $0 }
        timeZone = (try? fields.optional(TimeZoneCode.self)).flatMap { $0 }
    }

    // MARK: The times against each other

    /// Checks that the three times agree.
    func times(_ skew: ServerSecurity.CorrelationSkew) -> JudgedStep {
        let limit: TimeInterval? = if case .seconds(let seconds) = skew { seconds } else { nil }
        let expected =
            "the token's time and X-KM-Tran-Time in the same second"
            + (limit.map { ", and the correlation id's time within \(Self.text($0)) of it" } ?? "")
        guard let tranTime, token != nil || correlationID != nil else {
            return .notChecked(.times, expected, "the headers with the times are malformed")
        }
        let reference = Self.milliseconds(tranTime.time)
        var faults: [Fault] = []
        if let token, token.time.toTheSecond != tranTime.time {
            let difference = (Self.milliseconds(token.time.toTheSecond) - reference) / 1000
            let found = "the token's time is \(Self.comparison(difference)) X-KM-Tran-Time"
            let cause: CallCause =
                Self.hours(difference, within: 5) != nil
                ? .timesInTwoZones : abs(difference) <= 5 ? .timesReadTwice : .timesDiffer
            faults.append(
                Fault(
                    .timeMismatch,
                    found,
                    cause,
                    at: Judgment.Difference(
                        place: "X-KM-Tran-Time",
                        expected: Array(token.timeDigits.utf8.prefix(14)),
                        found: Array(tranTime.text.utf8),
                        showsLetters: true
                    )
                )
            )
        }
        if let correlationID, let limit {
            let difference = Self.milliseconds(correlationID.time) - reference
            if abs(Double(difference)) > limit * 1000 {
                let seconds = difference / 1000
                let found = "the correlation id's time is \(Self.comparison(seconds)) X-KM-Tran-Time"
                let cause: CallCause =
                    Self.hours(seconds, within: 300) != nil
                    ? .correlationZone
                    : Self.isNear1970(tranTime.time) || correlationID.time.year >= 2069
                        ? .timeUnit : seconds < 0 ? .correlationOld : .timesDiffer
                faults.append(
                    Fault(
                        .timeMismatch,
                        found,
                        cause,
                        at: Judgment.Difference(
                            place: "X-KM-Correlation-Id",
                            expected: Array(tranTime.text.utf8.dropFirst(2)),
                            found: Array(correlationID.text.utf8.prefix(12)),
                            showsLetters: true
                        )
                    )
                )
            }
        }
        return .judged(.times, expected, faults, otherwise: "all times agree")
    }

    // MARK: The clock

    /// Checks that the token's time is near the receiver's clock.
    func freshness(_ tolerance: TranTokenVerifier.Tolerance, at date: Date) -> JudgedStep {
        let expected =
            "a token's time from \(Self.text(tolerance.past)) before to \(Self.text(tolerance.future)) after the "
            + "receiver's clock"
        guard let token, let timeZone else {
            return .notChecked(.freshness, expected, "the token or the time zone is malformed")
        }
        func isFresh(_ zone: TimeZoneCode) -> Bool {
            (try? TranTokenVerifier.checkFreshness(of: token, timeZone: zone, at: date, tolerance: tolerance)) != nil
        }
        let time = token.time.millisecondsSince1970(secondsFromUTC: timeZone.secondsFromUTC)
        let age = date.timeIntervalSince1970 - Double(time) / 1000
        let found = "the token's time is \(Self.text(abs(age))) \(age < 0 ? "after" : "before") the receiver's clock"
        guard !isFresh(timeZone) else { return .passed(.freshness, expected, found) }
        let zones: [TimeZoneCode] = [.utc, .kst]
        if let right = zones.first(where: { $0.secondsFromUTC != timeZone.secondsFromUTC && isFresh($0) }) {
            return .judged(
                .freshness,
                expected,
                [
                    Fault(
                        .tokenStale,
                        "\(found); the time is in \(right.text) but X-KM-Time-Zone says \(timeZone.text)",
                        .zoneWrong,
                        fix: "send X-KM-Time-Zone: \(right.text), or format the times in \(timeZone.text)"
                    )
                ],
                otherwise: found
            )
        }
        if let hours = Self.hours(Int64(max(-1e15, min(1e15, age))), within: Int64(max(5, min(300, tolerance.past)))) {
            let away = "\(abs(hours)) \(abs(hours) == 1 ? "hour" : "hours")"
            let fault = Fault(
                .tokenStale,
                "\(found), which is close to \(away)",
                .zoneWrong,
                fix: "format the times in \(timeZone.text); they seem to be in a zone \(away) "
                    + (hours < 0 ? "ahead of it" : "behind it")
            )
            return .judged(.freshness, expected, [fault], otherwise: found)
        }
        let cause: CallCause =
            Self.isNear1970(token.time)
            ? .timeUnit : age < 0 ? .clockFast : age <= 3600 ? .clockSlow : .requestOld
        return .judged(.freshness, expected, [Fault(.tokenStale, found, cause)], otherwise: found)
    }

    /// How long before `date` the correlation id was made, in words; nil if that is not known.
    func correlationAge(at date: Date) -> String? {
        guard let correlationID, let timeZone else { return nil }
        let time = correlationID.time.millisecondsSince1970(secondsFromUTC: timeZone.secondsFromUTC) / 1000
        // The id's time has no fraction of a second.
        let age = date.timeIntervalSince1970.rounded(.down) - Double(time)
        return "the correlation id was made \(Self.text(abs(age))) \(age < 0 ? "after" : "before")"
    }

    // MARK: Texts

    private static func milliseconds(_ time: CivilTime) -> Int64 { time.millisecondsSince1970(secondsFromUTC: 0) }

    private static func isNear1970(_ time: CivilTime) -> Bool { (1969...1971).contains(time.year) }

    /// The number of whole hours, 1 to 14, that a difference is close to; nil if there is none.
    private static func hours(_ seconds: Int64, within tolerance: Int64) -> Int64? {
        guard abs(seconds) < 100_000 else { return nil }
        let hours = (abs(seconds) + 1800) / 3600
        guard (1...14).contains(hours), abs(abs(seconds) - hours * 3600) <= tolerance else { return nil }
        return seconds < 0 ? -hours : hours
    }

    private static func comparison(_ seconds: Int64) -> String {
        "\(text(Double(abs(seconds)))) \(seconds < 0 ? "before" : "after")"
    }

    /// A time span such as `40 s`, or with a fraction.
    static func text(_ seconds: Double) -> String {
        guard seconds.isFinite, abs(seconds) < 1e15 else { return "\(seconds) s" }
        let milliseconds = Int64((seconds * 1000).rounded())
        let fraction = milliseconds % 1000
        guard fraction != 0, milliseconds < 1_000_000 else { return "\(milliseconds / 1000) s" }
        let digits = String(fraction)
        return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - digits.count))\(digits) s"
    }
}
