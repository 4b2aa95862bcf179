/// A value of a JSON text (RFC 8259), with where it stands; members in their order, repeated ones too.
package struct ReferenceJSON {
    package enum Content {
        case object([(name: [UInt16], value: ReferenceJSON)])
        case array([ReferenceJSON])
        /// UTF-16 code units, escapes undone: half a surrogate pair is a text like others.
        case text([UInt16])
        case other
    }

    package let content: Content
    package let range: Range<Int>

    /// Reads one text, white space around it included.
    ///
    /// - Throws: ``ReferenceRefusal`` `malformedJSON` or `limitExceeded`.
    package init(_ text: [UInt8], maximumDepth: Int = 64) throws {
        var reader = ReferenceJSONReader(text: text, maximumDepth: maximumDepth)
        self = try reader.value(depth: 1)
        reader.skipSpace()
        guard reader.at == text.count else { throw ReferenceRefusal("malformedJSON") }
    }

    init(content: Content, range: Range<Int>) {
        self.content = content
        self.range = range
    }

    /// The code units of a string.
    var text: [UInt16]? {
        if case .text(let units) = content { units } else { nil }
    }
}

extension [UInt16] {
    /// Their text, or nil where half a surrogate pair is among them.
    var wholeText: String? { String(validating: self, as: UTF16.self) }
}
