public import HTTPTypes
public import KMPrimitives

/// A validated value of one header.
///
/// An instance always has the form that the platform requires.
public protocol HeaderValue: Sendable, Hashable, CustomStringConvertible {
    /// The name of the header that carries this value.
    static var headerName: HTTPField.Name { get }

    /// Creates a value from the header's text.
    ///
    /// - Throws: ``KMError`` `headerInvalid` when `text` does not have the required form. The detail names the header
    ///   and the expected form, and never contains `text`.
    init(_ text: String) throws

    /// The header's text.
    var text: String { get }
}

extension HeaderValue {
    /// The header's text.
    public var description: String { text }

    /// Throws unless `text` is `count` ASCII characters, each of which `allowed` accepts.
    ///
    /// - Parameters:
    ///   - text: The header's text.
    ///   - count: The required number of characters.
    ///   - form: The accepted characters, in words, for the error's detail.
    ///   - allowed: A function that returns whether a character is accepted.
    /// - Throws: ``KMError`` `headerInvalid`.
    static func check(_ text: String, count: Int, _ form: String, allowed: (UInt8) -> Bool) throws {
        guard text.utf8.count == count else {
            throw invalid("must be \(count) characters; got \(text.utf8.count)")
        }
        guard text.utf8.allSatisfy(allowed) else { throw invalid("must contain only \(form)") }
    }

    package static func invalid(_ what: String) -> KMError {
        KMError(.headerInvalid, "\(headerName.rawName) \(what)")
    }
}

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
