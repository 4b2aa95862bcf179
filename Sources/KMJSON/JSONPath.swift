public import KMPrimitives

/// A path that selects one or more values in a JSON text, in a subset of JSONPath (RFC 9535).
///
/// The subset has member names in dot and bracket notation, non-negative indexes, and the wildcard. Examples are
/// `$.physicalCardNo`, `$['issuedCardList'][0]` and `$.issuedCardList[*].digital.cardNo`. `$` alone selects the whole
/// text. Names are compared after unescaping.
public struct JSONPath: Sendable, Hashable {
    /// A segment, which leads from a value to its members or elements.
    package enum Segment: Sendable, Hashable {
        /// The member with a name, in UTF-8.
        case name([UInt8])
        /// The element at an index, counted from 0.
        case index(Int)
        /// The wildcard `*`, which selects every member or element.
        case wildcard
    }

    /// The largest number of segments in a path.
    public static let maximumDepth = 64
    /// The largest size of a path's text in bytes.
    public static let maximumByteCount = 2048

    /// The path's segments, without the leading `$`.
    package let segments: [Segment]

    package init(segments: [Segment]) {
        self.segments = segments
    }

    /// Parses a path.
    ///
    /// Parsing stops at the first unsupported part, and does not check the rest of the text.
    ///
    /// - Throws: ``KMError`` `pathUnsupported` when the text has a part of RFC 9535 that this subset lacks, which the
    ///   detail names (descendant segments, slices, filters, negative indexes, several selectors in one pair of
    ///   brackets); `pathMalformed` with the offset when the text is not a JSONPath, or when it exceeds
    ///   ``maximumByteCount`` or ``maximumDepth``.
    public init(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maximumByteCount else {
            throw KMError(.pathMalformed, "a path must be at most \(Self.maximumByteCount) bytes; got \(bytes.count)")
        }
        var parser = JSONPathParser(bytes)
        segments = try parser.parse()
        guard segments.count <= Self.maximumDepth else {
            throw KMError(
                .pathMalformed,
                "a path must have at most \(Self.maximumDepth) segments; got \(segments.count)"
            )
        }
    }

    /// Returns the path of another member of the object whose member this path selects.
    ///
    /// - Parameter name: The other member's name.
    /// - Returns: This path with `name` as its last segment.
    /// - Throws: ``KMError`` `pathUnsupported` when the last segment is not a member name.
    package func sibling(_ name: String) throws -> JSONPath {
        guard case .name = segments.last else {
            throw KMError(.pathUnsupported, "\(self) must end in a member name")
        }
        return JSONPath(segments: segments.dropLast() + [.name(Array(name.utf8))])
    }

    /// Returns whether this path and `other` can match the same value.
    package func meets(_ other: JSONPath) -> Bool {
        segments.count == other.segments.count && covers(other)
    }

    /// Returns whether a value that this path matches can be, or can contain, a value that `other` matches.
    func covers(_ other: JSONPath) -> Bool {
        segments.count <= other.segments.count && zip(segments, other.segments).allSatisfy { $0.canBe($1) }
    }
}

extension JSONPath.Segment {
    fileprivate func canBe(_ other: Self) -> Bool {
        self == .wildcard || other == .wildcard || self == other
    }
}

extension JSONPath: CustomStringConvertible {
    /// The path as a normalized path (RFC 9535 section 2.7), with `[*]` for a wildcard.
    public var description: String {
        var text = Array("$".utf8)
        for segment in segments { NormalizedPath.append(segment, to: &text) }
        return String(decoding: text, as: UTF8.self)
    }
}

/// Writes normalized paths (RFC 9535 section 2.7).
///
/// Each value in a JSON text has exactly one normalized path.
package enum NormalizedPath {
    static func append(_ segment: JSONPath.Segment, to text: inout [UInt8]) {
        switch segment {
        case .name(let name): append(name: name.span, to: &text)
        case .index(let index): append(index: index, to: &text)
        case .wildcard: text += "[*]".utf8
        }
    }

    /// Appends the segment for an array element.
    package static func append(index: Int, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "["))
        text += String(index).utf8
        text.append(UInt8(ascii: "]"))
    }

    /// Appends the segment for an object member, whose name is UTF-8.
    package static func append(name: Span<UInt8>, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "["))
        text.append(UInt8(ascii: "'"))
        var at = 0
        while true {
            let end = name.endOfUnescaped(from: at, quote: UInt8(ascii: "'"))
            text.append(copying: name.extracting(at..<end))
            guard end < name.count else { break }
            let byte = name[end]
            at = end + 1
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
            case 0x08: text += "\\b".utf8
            case 0x09: text += "\\t".utf8
            case 0x0A: text += "\\n".utf8
            case 0x0C: text += "\\f".utf8
            case 0x0D: text += "\\r".utf8
            default: text += "\\u00\(hexadecimal([byte]))".utf8
            }
        }
        text.append(UInt8(ascii: "'"))
        text.append(UInt8(ascii: "]"))
    }
}

extension KMError.Code {
    /// The text is not a JSONPath (RFC 9535), or is too long; the detail gives the offset or the limit.
    public static let pathMalformed = Self("pathMalformed")
    /// The JSONPath is outside the supported subset of RFC 9535; the detail names the unsupported part.
    public static let pathUnsupported = Self("pathUnsupported")
}
