internal import KMJOSE
internal import KMJSON

/// The sizes that a receiver accepts, checked before any work is done.
public struct ParameterLimits: Sendable, Hashable {
    /// The largest body, in bytes.
    public var maximumBodyByteCount: Int
    /// The deepest nesting of JSON objects and arrays.
    public var maximumDepth: Int
    /// The largest number of fields in a message at field level.
    public var maximumFieldCount: Int

    /// Bodies of up to 1 MiB, nested up to 64 deep, with up to 1024 fields.
    public static let standard = ParameterLimits()

    /// Creates limits.
    public init(maximumBodyByteCount: Int = 1 << 20, maximumDepth: Int = 64, maximumFieldCount: Int = 1024) {
        self.maximumBodyByteCount = maximumBodyByteCount
        self.maximumDepth = maximumDepth
        self.maximumFieldCount = maximumFieldCount
    }

    /// The limits of a search for fields.
    package var matcherLimits: FieldMatcher.Limits {
        FieldMatcher.Limits(
            maximumCount: maximumFieldCount,
            maximumDepth: maximumDepth,
            // The path is part of a protected header.
            maximumPathByteCount: JWEPolicy.standard.maximumHeaderByteCount
        )
    }

    package func check(_ body: [UInt8]) throws {
        try check(byteCount: body.count)
    }

    func check(byteCount: Int) throws {
        guard byteCount <= maximumBodyByteCount else {
            throw KMError(.limitExceeded, "the body must have at most \(maximumBodyByteCount) bytes; got \(byteCount)")
        }
    }

    /// Checks that `text` is one JSON text.
    func checkJSON(_ text: [UInt8], _ what: String) throws {
        let span = text.span
        var scanner = JSONScanner(maximumDepth: maximumDepth)
        do {
            while try scanner.next(in: span) != .end {}
        } catch let error as KMError {
            throw KMError(error.code, "\(what): \(error.detail)")
        }
    }
}
