import Foundation
import KMTestSupport
import Testing

@testable import KMWire

/// Compares the calendar arithmetic with Foundation's.
@Suite struct CivilTimeTests {
    private static let zones = [0, 9 * 3600]

    private func calendar(_ secondsFromUTC: Int) throws -> Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: secondsFromUTC))
        return calendar
    }

    private func check(_ milliseconds: Int64, _ calendar: Calendar, _ secondsFromUTC: Int) {
        let time = CivilTime(millisecondsSince1970: milliseconds, secondsFromUTC: secondsFromUTC)
        let seconds = milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
        let parts = calendar.dateComponents(
            [.year, .month, .day, .hour, .minute, .second],
            from: Date(timeIntervalSince1970: Double(seconds))
        )
        let same =
            time.year == parts.year && time.month == parts.month && time.day == parts.day && time.hour == parts.hour
            && time.minute == parts.minute && time.second == parts.second
            && Int64(time.millisecond) == milliseconds - seconds * 1000
            && time.millisecondsSince1970(secondsFromUTC: secondsFromUTC) == milliseconds
            && CivilTime(digits: Array(time.digits.utf8).span) == time
        if !same { Issue.record("\(milliseconds) ms, \(secondsFromUTC) s ahead: \(time.digits), not \(parts)") }
    }

    /// Foundation uses the Julian calendar before 1582, so the instants are after 1599.
    @Test(arguments: zones)
    func randomInstantsAgreeWithFoundation(secondsFromUTC: Int) throws {
        let calendar = try calendar(secondsFromUTC)
        var generator = SeededGenerator(seed: UInt64(secondsFromUTC))
        for _ in 0..<3000 {
            check(
                Int64.random(in: -11_676_096_000_000...253_370_764_800_000, using: &generator),
                calendar,
                secondsFromUTC
            )
        }
    }

    /// Tries the first and last seconds of years, of months and of the days around leap days.
    @Test(arguments: zones)
    func edgesOfYearsAndMonthsAgreeWithFoundation(secondsFromUTC: Int) throws {
        let calendar = try calendar(secondsFromUTC)
        for year in [1600, 1700, 1800, 1899, 1900, 1904, 1969, 1970, 1972] + Array(1999...2101) + [2400, 9998] {
            for (month, day) in [(1, 1), (2, 28), (2, 29), (3, 1), (6, 30), (12, 31)] {
                let parts = DateComponents(year: year, month: month, day: day)
                let start = try #require(calendar.date(from: parts)).timeIntervalSince1970
                for offset in [-1, 0, 1, 43_200, 86_399, 86_400] {
                    for millisecond in [0, 1, 999] {
                        check(Int64(start) * 1000 + Int64(offset * 1000 + millisecond), calendar, secondsFromUTC)
                    }
                }
            }
        }
    }

    /// The Gregorian calendar repeats after 400 years.
    @Test func everyDayOf400YearsFollowsTheDayBefore() {
        var before = CivilTime(millisecondsSince1970: -1, secondsFromUTC: 0)
        var wrong = 0
        for day in Int64(0)..<146_097 {
            let time = CivilTime(millisecondsSince1970: day * 86_400_000, secondsFromUTC: 0)
            let isNextDay = time.year == before.year && time.month == before.month && time.day == before.day + 1
            let isNextMonth = time.year == before.year && time.month == before.month + 1 && time.day == 1
            let isNextYear = time.year == before.year + 1 && time.month == 1 && time.day == 1 && before.month == 12
            if !(isNextDay || isNextMonth || isNextYear) { wrong += 1 }
            before = time
        }
        #expect(wrong == 0)
        #expect(before.digits == "23691231000000000")
    }

    /// The digits are the low 28 bits of the random number, with leading zeros.
    @Test(arguments: [
        (UInt32(0), "0000000"), (1, "0000001"), (0xABC, "0000abc"), (0xFFF_FFFF, "fffffff"), (0xF000_0001, "0000001"),
    ])
    func correlationIDsEndInSevenHexadecimalDigits(random: UInt32, digits: String) {
        let time = CivilTime(millisecondsSince1970: 1_667_876_894_608, secondsFromUTC: 32_400)
        #expect(CorrelationID(time, random: random).text == "221108120814-\(digits)")
    }
}
