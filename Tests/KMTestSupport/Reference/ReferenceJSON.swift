/// A value in a JSON text (RFC 8259) with its byte range; objects keep the order of members, and duplicates.
package struct ReferenceJSON {
    package enum Content {
        case object([(name: [UInt16], value: ReferenceJSON)])
        case array([ReferenceJSON])
        /// A decoded string as UTF-16 code units, which can include lone surrogates.
        case text([UInt16])
        case other
    }

    package let content: Content
    package let range: Range<Int>

    /// Parses one JSON text, which can have white space around its value.
    ///
    /// - Throws: ``ReferenceRejection`` with `malformedJSON` or `limitExceeded`.
    package init(_ text: [UInt8], maximumDepth: Int = 64) throws {
        var reader = ReferenceJSONReader(text: text, maximumDepth: maximumDepth)
        self = try reader.value(depth: 1)
        reader.skipSpace()
        guard reader.at == text.count else { throw ReferenceRejection("malformedJSON") }
    }

    init(content: Content, range: Range<Int>) {
        self.content = content
        self.range = range
    }

    /// The code units of a string, or nil for other values.
    var text: [UInt16]? {
        if case .text(let units) = content { units } else { nil }
    }
}

extension [UInt16] {
    /// The code units as a string, or nil if one of them is a lone surrogate.
    package var wholeText: String? { String(validating: self, as: UTF16.self) }
}
