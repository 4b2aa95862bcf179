public import KMPrimitives

/// The reason why a vector file is invalid: what is wrong, and where.
///
/// The description never quotes a value, since a value may be a key.
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

    /// Converts any error that was thrown while a file was read.
    init(_ error: any Error) {
        switch error {
        case let error as VectorFileError: self = error
        case let error as KMError: self.init(error.description)
        case DecodingError.keyNotFound(let key, let context): self.init(context.codingPath + [key], "missing")
        case DecodingError.typeMismatch(_, let context): self.init(context.codingPath, "wrong JSON type")
        case DecodingError.valueNotFound(_, let context): self.init(context.codingPath, "null; a value is required")
        case DecodingError.dataCorrupted(let context): self.init(context.codingPath, "value not allowed")
        default: self.init("the file cannot be read (\(type(of: error)))")
        }
    }
}

extension KMError.Code {
    /// The path does not exist, or its folder has no vector file.
    public static let vectorsUnreadable = Self("vectorsUnreadable")
}
