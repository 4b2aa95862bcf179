import Foundation

/// The time of a token.
enum TokenTime {
    /// Reads 17 digits `yyyyMMddHHmmssSSS` in KST.
    ///
    /// It uses the C library because Foundation's calendars take many times as long as the MAC.
    ///
    /// - Returns: The milliseconds since 1970; nil if there is no such time.
    static func milliseconds(_ digits: Substring.UTF8View) -> Int? {
        guard digits.count == 17, digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        func number(_ start: Int, _ count: Int) -> Int32 {
            digits.dropFirst(start).prefix(count).reduce(0) { $0 * 10 + Int32($1 - UInt8(ascii: "0")) }
        }
        var time = tm()
        (time.tm_year, time.tm_mon, time.tm_mday) = (number(0, 4) - 1900, number(4, 2) - 1, number(6, 2))
        (time.tm_hour, time.tm_min, time.tm_sec) = (number(8, 2), number(10, 2), number(12, 2))
        let found = time
        // timegm moves a date that does not exist to one that does.
        let seconds = timegm(&time)
        guard time.tm_mon == found.tm_mon, time.tm_mday == found.tm_mday, time.tm_hour == found.tm_hour,
            time.tm_min == found.tm_min, time.tm_sec == found.tm_sec
        else { return nil }
        return (Int(seconds) - 9 * 3600) * 1000 + Int(number(14, 3))
    }
}
