public import KMPrimitives

extension KMError.Code {
    /// A required header is missing; the detail names it.
    public static let headerMissing = Self("headerMissing")
    /// A header appears more than once; the detail names it.
    public static let headerRepeated = Self("headerRepeated")
    /// A header's value is malformed; the detail names the header and the expected form.
    public static let headerInvalid = Self("headerInvalid")
    /// X-KM-Time-Zone names a zone that ``TimeZoneCode`` does not support.
    public static let timeZoneUnknown = Self("timeZoneUnknown")
    /// The token's time and X-KM-Tran-Time are not the same second.
    public static let timeMismatch = Self("timeMismatch")
}
