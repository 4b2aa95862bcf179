public import KMPrimitives

extension KMError.Code {
    /// A header that is required is not there; the detail names it.
    public static let headerMissing = Self("headerMissing")
    /// A header stands there more than once; the detail names it.
    public static let headerRepeated = Self("headerRepeated")
    /// A header's value is not of its form; the detail names it and tells what is due.
    public static let headerInvalid = Self("headerInvalid")
    /// X-KM-Time-Zone names a zone that is not known here.
    public static let timeZoneUnknown = Self("timeZoneUnknown")
    /// The token's time is not that of X-KM-Tran-Time to the second.
    public static let timeMismatch = Self("timeMismatch")
}
