/// A value in a JSON text that a path of a selection matches.
package struct FieldMatch {
    /// The value's byte range in the text; a string's range includes its quotes.
    package let range: Range<Int>
    /// Whether the value is a string.
    package let isString: Bool
    /// Whether the value is a string that contains escapes.
    package let hasEscapes: Bool
    /// The number of objects and arrays that contain the value.
    package let depth: Int
    /// The value's normalized path (RFC 9535 section 2.7) in UTF-8.
    package let path: [UInt8]
    /// The path of the selection that matches the value; one of them if several match.
    package let selected: JSONPath

    /// The value's path and byte offset, for an error message.
    ///
    /// A member name that a wildcard matched is replaced by `[*]`, because it is text from the document and could be a
    /// card number.
    package var place: String {
        let own = (try? JSONPath(String(decoding: path, as: UTF8.self))) ?? selected
        let segments = zip(selected.segments, own.segments).map { selected, own in
            if case .index = own { own } else { selected }
        }
        return "\(JSONPath(segments: segments)) at byte \(range.lowerBound)"
    }
}

extension FieldMatcher {
    /// The limits on a JSON text and on the matches in it.
    package struct Limits: Sendable, Hashable {
        /// The largest accepted number of matching values.
        package let maximumCount: Int
        /// The largest accepted nesting depth of objects and arrays.
        package let maximumDepth: Int
        /// The largest accepted normalized path of a matching value, in bytes.
        package let maximumPathByteCount: Int

        /// Creates limits from their values.
        package init(maximumCount: Int, maximumDepth: Int, maximumPathByteCount: Int) {
            self.maximumCount = maximumCount
            self.maximumDepth = maximumDepth
            self.maximumPathByteCount = maximumPathByteCount
        }
    }
}
