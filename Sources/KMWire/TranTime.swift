public import HTTPTypes
internal import KMPrimitives

/// The value of X-KM-Tran-Time, the time of the request to the second.
///
/// It has 14 digits, `yyyyMMddHHmmss`, in the zone that X-KM-Time-Zone names.
public struct TranTime: HeaderValue {
    /// The header name, X-KM-Tran-Time.
    public static let headerName = HTTPField.Name.kmTranTime

    package let time: CivilTime

    /// The header's text, 14 digits.
    public var text: String { String(time.digits.prefix(14)) }

    init(_ time: CivilTime) {
        self.time = time.toTheSecond
    }

    /// Creates a time from the header's text.
    ///
    /// - Throws: ``KMError`` `headerInvalid` when `text` is not 14 digits, or is a date or time that does not exist.
    public init(_ text: String) throws {
        try Self.check(text, count: 14, "ASCII digits", allowed: \.isDigit)
        let digits = Array(text.utf8)
        guard let time = CivilTime(digits: digits.span) else {
            throw Self.invalid("must be a valid date and time, yyyyMMddHHmmss")
        }
        self.time = time
    }
}
