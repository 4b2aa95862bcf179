public import HTTPTypes
internal import KMPrimitives

/// The value of X-KM-Correlation-Id, which ties a response to its request.
///
/// It has 20 characters, `yyMMddHHmmss-xxxxxxx`: the local time of the request, a hyphen and 7 hexadecimal digits. The
/// response repeats the request's value.
public struct CorrelationID: HeaderValue {
    /// The header name, X-KM-Correlation-Id.
    public static let headerName = HTTPField.Name.kmCorrelationID

    /// The header's text, 20 characters.
    public let text: String

    /// The id's time; its two-digit year stands for 2000 to 2099.
    package let time: CivilTime

    /// Creates an id from `time` and the low 28 bits of `random`.
    init(_ time: CivilTime, random: UInt32) {
        let digits = String(random & 0x0FFF_FFFF, radix: 16)
        let padding = String(repeating: "0", count: 7 - digits.count)
        text = time.digits.prefix(14).suffix(12) + "-" + padding + digits
        self.time = time.toTheSecond
    }

    /// Creates an id from the header's text.
    ///
    /// Upper-case hexadecimal digits are accepted too.
    ///
    /// - Throws: ``KMError`` `headerInvalid` when `text` has another form, or a date or time that does not exist.
    public init(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard bytes.count == 20 else { throw Self.invalid("must be 20 characters; got \(bytes.count)") }
        guard bytes[..<12].allSatisfy(\.isDigit), bytes[12] == UInt8(ascii: "-"),
            bytes[13...].allSatisfy(\.isHexadecimal)
        else { throw Self.invalid("must have the form yyMMddHHmmss-xxxxxxx, with x a hexadecimal digit") }
        let digits = Array("20".utf8) + bytes[..<12]
        guard let time = CivilTime(digits: digits.span) else {
            throw Self.invalid("must begin with a valid date and time, yyMMddHHmmss")
        }
        self.text = text
        self.time = time
    }
}
