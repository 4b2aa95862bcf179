public import HTTPTypes
internal import KMPrimitives

/// X-KM-Correlation-Id: `yyMMddHHmmss-xxxxxxx`, the local time of the request, a hyphen and 7 hexadecimal digits; 20
/// characters.
///
/// The response echoes the request's.
public struct CorrelationID: HeaderValue {
    /// X-KM-Correlation-Id.
    public static let headerName = HTTPField.Name.kmCorrelationID

    /// 20 characters.
    public let text: String

    /// Its time, taken to lie in the years 2000 to 2099.
    package let time: CivilTime

    /// An id for `time` with the low 28 bits of `random`.
    init(_ time: CivilTime, random: UInt32) {
        let digits = String(random & 0x0FFF_FFFF, radix: 16)
        let padding = String(repeating: "0", count: 7 - digits.count)
        text = time.digits.prefix(14).suffix(12) + "-" + padding + digits
        self.time = time.toTheSecond
    }

    /// Checks and takes an id; upper-case hexadecimal digits are taken too.
    ///
    /// - Throws: ``KMError`` `headerInvalid` for another form, or for a time that no calendar has.
    public init(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard bytes.count == 20 else { throw Self.invalid("has \(counted(bytes.count, "character")); 20 are due") }
        guard bytes[..<12].allSatisfy(\.isDigit), bytes[12] == UInt8(ascii: "-"),
            bytes[13...].allSatisfy(\.isHexadecimal)
        else { throw Self.invalid("is not of the form yyMMddHHmmss-xxxxxxx") }
        let digits = Array("20".utf8) + bytes[..<12]
        guard let time = CivilTime(digits: digits.span) else { throw Self.invalid("has a time that no calendar has") }
        self.text = text
        self.time = time
    }
}
