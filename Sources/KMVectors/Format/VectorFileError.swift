public import KMPrimitives

/// Why a file is no measure: what is wrong, and where.
///
/// Values are not quoted: they may be keys.
struct VectorFileError: Error, CustomStringConvertible {
    let description: String

    init(_ what: String) {
        description = what
    }

    init(_ path: [any CodingKey], _ what: String) {
        let steps = path.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }
        let joined = steps.joined()
        let place = joined.hasPrefix(".") ? String(joined.dropFirst()) : joined
        description = place.isEmpty ? what : "\(place): \(what)"
    }

    /// Whatever was thrown while a file was read.
    init(_ error: any Error) {
        switch error {
        case let error as VectorFileError: self = error
        case let error as KMError: self.init(error.description)
        case DecodingError.keyNotFound(let key, let context): self.init(context.codingPath + [key], "missing")
        case DecodingError.typeMismatch(_, let context): self.init(context.codingPath, "of another type than is due")
        case DecodingError.valueNotFound(_, let context): self.init(context.codingPath, "null")
        case DecodingError.dataCorrupted(let context): self.init(context.codingPath, "none of the values known here")
        default: self.init("cannot be read (\(type(of: error)))")
        }
    }
}

extension KMError.Code {
    /// No vector file is where one was looked for.
    public static let vectorsUnreadable = Self("vectorsUnreadable")
}
