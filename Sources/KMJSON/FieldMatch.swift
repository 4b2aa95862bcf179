/// A value that a path reached.
package struct FieldMatch {
    /// Where it stands, a string with its quotes.
    package let range: Range<Int>
    /// Whether it is a string, and one with escapes in it.
    package let isString: Bool
    package let hasEscapes: Bool
    /// How many objects and arrays it stands in.
    package let depth: Int
    /// Its normalized path, in UTF-8.
    package let path: [UInt8]
    /// The path that reached it, one of them where there are several.
    package let selected: JSONPath

    /// The place, for a message: its normalized path and where it begins.
    ///
    /// A name that a wildcard reached is the document's own text, a card number perhaps: `[*]` stands for it.
    package var place: String {
        let own = (try? JSONPath(String(decoding: path, as: UTF8.self))) ?? selected
        let segments = zip(selected.segments, own.segments).map { selected, own in
            if case .index = own { own } else { selected }
        }
        return "\(JSONPath(segments: segments)) at byte \(range.lowerBound)"
    }
}
