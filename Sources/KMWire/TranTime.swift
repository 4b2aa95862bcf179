public import HTTPTypes
internal import KMPrimitives

/// X-KM-Tran-Time: when the request was made, `yyyyMMddHHmmss` in the zone that X-KM-Time-Zone names; 14 digits.
public struct TranTime: HeaderValue {
    /// X-KM-Tran-Time.
    public static let headerName = HTTPField.Name.kmTranTime

    package let time: CivilTime

    /// 14 digits.
    public var text: String { String(time.digits.prefix(14)) }

    init(_ time: CivilTime) {
        self.time = time.toTheSecond
    }

    /// Checks and takes a time.
    ///
    /// - Throws: ``KMError`` `headerInvalid` for other than 14 digits, or for a time that no calendar has.
    public init(_ text: String) throws {
        try Self.check(text, count: 14, "the ASCII digits", allowed: \.isDigit)
        let digits = Array(text.utf8)
        guard let time = CivilTime(digits: digits.span) else { throw Self.invalid("is a time that no calendar has") }
        self.time = time
    }
}
