internal import KMPrimitives

/// A Gregorian date and time of day, to the millisecond, without a time zone.
///
/// Every call writes and reads a token's time. This type uses integer arithmetic because Foundation's calendars take
/// many times as long as the MAC.
package struct CivilTime: Sendable, Hashable {
    package var year, month, day, hour, minute, second, millisecond: Int

    /// Converts an instant to the local time of a zone.
    ///
    /// The result must lie in the years 0 to 9999.
    ///
    /// - Parameters:
    ///   - milliseconds: The milliseconds since 1970-01-01 00:00 UTC.
    ///   - secondsFromUTC: The seconds that the zone is ahead of UTC.
    package init(millisecondsSince1970 milliseconds: Int64, secondsFromUTC: Int) {
        let local = Int(milliseconds) + secondsFromUTC * 1000
        let days = local >= 0 ? local / 86_400_000 : (local - 86_399_999) / 86_400_000
        let ofDay = local - days * 86_400_000
        (hour, minute) = (ofDay / 3_600_000, ofDay / 60_000 % 60)
        (second, millisecond) = (ofDay / 1000 % 60, ofDay % 1000)
        // Years start on 1 March here, so that a leap day is the last day of its year. 400 years are 146097 days.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fromMarch = (5 * ofYear + 2) / 153
        day = ofYear - (153 * fromMarch + 2) / 5 + 1
        month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Parses 14 digits `yyyyMMddHHmmss` or 17 digits `yyyyMMddHHmmssSSS`.
    ///
    /// Returns nil for another length, for a character that is not a digit, and for a date or time that does not exist.
    /// Second 60 (a leap second) and year 0 are rejected too.
    package init?(digits: Span<UInt8>) {
        guard digits.count == 14 || digits.count == 17 else { return nil }
        guard let date = Self.pairs(digits.word(at: 0)), let time = Self.pairs(digits.word(at: 6)) else { return nil }
        (year, month, day) = (date.0 * 100 + date.1, date.2, date.3)
        (hour, minute, second) = (time.1, time.2, time.3)
        millisecond = 0
        for index in 14..<digits.count {
            guard digits[index].isDigit else { return nil }
            millisecond = millisecond * 10 + Int(digits[index] & 15)
        }
        guard year > 0, (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year) else { return nil }
        guard hour < 24, minute < 60, second < 60 else { return nil }
    }

    /// Returns the four numbers of two digits each that eight characters are; nil if one is not a digit.
    private static func pairs(_ characters: UInt64) -> (Int, Int, Int, Int)? {
        let (high, six) = (0xF0F0_F0F0_F0F0_F0F0 as UInt64, 0x0606_0606_0606_0606 as UInt64)
        // A digit has a high half of 3, also after six is added to it.
        guard characters & high == 0x3030_3030_3030_3030, (characters &+ six) & high == 0x3030_3030_3030_3030 else {
            return nil
        }
        let (tens, ones) = ((characters >> 8) & 0x000F_000F_000F_000F, characters & 0x000F_000F_000F_000F)
        let numbers = tens &* 10 &+ ones
        return (Int(numbers >> 48), Int(numbers >> 32 & 0xFF), Int(numbers >> 16 & 0xFF), Int(numbers & 0xFF))
    }

    /// Converts this local time to an instant.
    ///
    /// - Parameter secondsFromUTC: The seconds that the zone is ahead of UTC.
    /// - Returns: The milliseconds since 1970-01-01 00:00 UTC.
    package func millisecondsSince1970(secondsFromUTC: Int) -> Int64 {
        let fromMarch = month > 2 ? month - 3 : month + 9
        let shiftedYear = month > 2 ? year : year - 1
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let ofYear = (153 * fromMarch + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear - 719_468
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - secondsFromUTC
        return Int64(seconds) * 1000 + Int64(millisecond)
    }

    /// This time with its milliseconds set to zero.
    package var toTheSecond: CivilTime {
        var time = self
        time.millisecond = 0
        return time
    }

    /// Writes 17 digits, `yyyyMMddHHmmssSSS`, into `text` from index `start` on.
    func write(to text: inout MutableSpan<UInt8>, at start: Int) {
        // With constant divisors, the compiler multiplies and shifts instead of dividing.
        let (centuries, years) = (UInt32(truncatingIfNeeded: year) / 100, UInt32(truncatingIfNeeded: year) % 100)
        let milliseconds = UInt32(truncatingIfNeeded: millisecond)
        var place = start
        func put(_ digit: UInt32) {
            text[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
            place &+= 1
        }
        func putTwo(_ number: UInt32) {
            put(number / 10)
            put(number % 10)
        }
        putTwo(centuries)
        putTwo(years)
        putTwo(UInt32(truncatingIfNeeded: month))
        putTwo(UInt32(truncatingIfNeeded: day))
        putTwo(UInt32(truncatingIfNeeded: hour))
        putTwo(UInt32(truncatingIfNeeded: minute))
        putTwo(UInt32(truncatingIfNeeded: second))
        putTwo(milliseconds / 10)
        put(milliseconds % 10)
    }

    /// This time as 17 digits, `yyyyMMddHHmmssSSS`.
    package var digits: String {
        var text = InlineArray<17, UInt8>(repeating: 0)
        var span = text.mutableSpan
        write(to: &span, at: 0)
        return String(ascii: text.span)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
