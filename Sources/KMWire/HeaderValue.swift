public import HTTPTypes
package import KMPrimitives

/// The value of one header, of the form that the platform asks for; an instance is always valid.
public protocol HeaderValue: Sendable, Hashable, CustomStringConvertible {
    /// The header that carries it.
    static var headerName: HTTPField.Name { get }

    /// Checks and takes a value.
    ///
    /// - Throws: ``KMError`` `headerInvalid`, whose detail names the header and what is due, and does not hold `text`.
    init(_ text: String) throws

    /// The value as it stands in the header.
    var text: String { get }
}

extension HeaderValue {
    /// The value as it stands in the header.
    public var description: String { text }

    /// Throws unless `text` has `count` ASCII characters that `allowed` takes.
    static func check(_ text: String, count: Int, _ form: String, allowed: (UInt8) -> Bool) throws {
        guard text.utf8.count == count else {
            throw invalid("has \(counted(text.utf8.count, "character")); \(count) are due")
        }
        guard text.utf8.allSatisfy(allowed) else { throw invalid("has a character that is none of \(form)") }
    }

    package static func invalid(_ what: String) -> KMError {
        KMError(.headerInvalid, "\(headerName.rawName) \(what)")
    }
}
