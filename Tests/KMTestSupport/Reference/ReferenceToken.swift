package import KMPrimitives

/// A value of X-KM-Tran-Token, read and verified by the rules of `token-verify`.
package struct ReferenceToken {
    /// The milliseconds since 1970-01-01T00:00:00 in the time zone that the sender names.
    package let milliseconds: Int
    private let mac: [UInt8]

    /// Parses a token.
    ///
    /// - Throws: ``ReferenceRejection`` with `tokenMalformed`.
    package init(_ text: String) throws {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map(Array.init)
        guard parts.count == 3, parts[0] == Array("KMV1".utf8), parts[2].count == 43 || parts[2].count == 44,
            parts[2].count == 43 || parts[2].last == UInt8(ascii: "="),
            let mac = ReferenceBase64.standard.decode(Array(parts[2].prefix(43))),
            let milliseconds = Self.milliseconds(parts[1])
        else { throw ReferenceRejection("tokenMalformed") }
        self.mac = mac
        self.milliseconds = milliseconds
    }

    /// Verifies the MAC over `body`, then the age of the token.
    ///
    /// - Throws: ``ReferenceRejection`` with `tokenMismatch` or `tokenStale`.
    package func verify(
        _ body: [UInt8],
        secret: SecretBytes,
        secondsFromUTC: Int,
        toleranceSeconds: Int?,
        verifiedAt now: Int
    ) throws {
        guard try HMACSHA256(key: secret).authenticate(body).exposed == mac else {
            throw ReferenceRejection("tokenMismatch")
        }
        guard let toleranceSeconds else { return }
        guard abs(now - (milliseconds - secondsFromUTC * 1000)) <= toleranceSeconds * 1000 else {
            throw ReferenceRejection("tokenStale")
        }
    }

    /// Returns the milliseconds of `yyyyMMddHHmmssSSS` since 1970, or nil if there is no such time.
    static func milliseconds(_ digits: [UInt8]) -> Int? {
        guard digits.count == 17, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + Int($1 - 0x30) } }
        let (year, month, day) = (number(0..<4), number(4..<6), number(6..<8))
        let (hour, minute, second) = (number(8..<10), number(10..<12), number(12..<14))
        guard year >= 1, (1...12).contains(month), day >= 1, day <= dayCount(year, month),
            hour <= 23, minute <= 59, second <= 59
        else { return nil }
        let years = (min(year, 1970)..<max(year, 1970)).reduce(0) { $0 + (isLeap($1) ? 366 : 365) }
        let months = (1..<month).reduce(0) { $0 + dayCount(year, $1) }
        let days = (year < 1970 ? -years : years) + months + day - 1
        return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + number(14..<17)
    }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func dayCount(_ year: Int, _ month: Int) -> Int {
        [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }
}
