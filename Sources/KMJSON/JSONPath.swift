public import KMPrimitives

/// A place, or several, in a JSON text: the subset of RFC 9535 that names members and elements.
///
/// Child names in dot and bracket form, indexes from the front, and the wildcard, at any depth: `$.physicalCardNo`,
/// `$['issuedCardList'][0]`, `$.issuedCardList[*].digital.cardNo`. `$` alone is the whole text. A name matches by its
/// text, however either side escapes it.
public struct JSONPath: Sendable, Hashable {
    /// A step from a value to its members or elements.
    package enum Segment: Sendable, Hashable {
        /// The member of a name, in UTF-8.
        case name([UInt8])
        /// The element of an index, from 0.
        case index(Int)
        /// Every member or element.
        case wildcard
    }

    /// How many steps a path may have.
    public static let maximumDepth = 64
    /// How long a path's text may be, in bytes.
    public static let maximumByteCount = 2048

    /// The steps.
    package let segments: [Segment]

    package init(segments: [Segment]) {
        self.segments = segments
    }

    /// Reads a path.
    ///
    /// - Throws: ``KMError`` `pathUnsupported` at the first sign of what RFC 9535 has and this subset has not (descendants,
    ///   slices, filters, several selectors in one pair of brackets, indexes from the end), naming it, whether or not the
    ///   rest is right; `pathMalformed` with the offset for what RFC 9535 has not, and for a path that is longer than
    ///   ``maximumByteCount`` or ``maximumDepth``.
    public init(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maximumByteCount else {
            throw KMError(.pathMalformed, "a path of \(bytes.count) bytes; \(Self.maximumByteCount) are taken")
        }
        var parser = JSONPathParser(bytes)
        segments = try parser.parse()
        guard segments.count <= Self.maximumDepth else {
            throw KMError(.pathMalformed, "a path of \(segments.count) steps; \(Self.maximumDepth) are taken")
        }
    }

    /// The path of the member `name` in the object that holds what this path reaches.
    ///
    /// - Throws: ``KMError`` `pathUnsupported` when the last step is no name.
    package func sibling(_ name: String) throws -> JSONPath {
        guard case .name = segments.last else {
            throw KMError(.pathUnsupported, "\(self) does not end in a member's name")
        }
        return JSONPath(segments: segments.dropLast() + [.name(Array(name.utf8))])
    }

    /// Whether a value that this path reaches can be the one `other` reaches.
    package func meets(_ other: JSONPath) -> Bool {
        segments.count == other.segments.count && covers(other)
    }

    /// Whether a value that this path reaches can be the one `other` reaches, or hold it.
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
    /// The path in RFC 9535's normalized form (section 2.7), with `[*]` for a wildcard.
    public var description: String {
        var text = Array("$".utf8)
        for segment in segments { NormalizedPath.append(segment, to: &text) }
        return String(decoding: text, as: UTF8.self)
    }
}

/// Normalized paths (RFC 9535 section 2.7): one spelling for each place.
package enum NormalizedPath {
    static func append(_ segment: JSONPath.Segment, to text: inout [UInt8]) {
        switch segment {
        case .name(let name): append(name: name.span, to: &text)
        case .index(let index): append(index: index, to: &text)
        case .wildcard: text += "[*]".utf8
        }
    }

    /// Appends the step to an element.
    package static func append(index: Int, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "["))
        text += String(index).utf8
        text.append(UInt8(ascii: "]"))
    }

    /// Appends the step to a member.
    package static func append(name: Span<UInt8>, to text: inout [UInt8]) {
        text += "['".utf8
        for index in name.indices {
            let byte = name[index]
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
            case 0x08: text += "\\b".utf8
            case 0x09: text += "\\t".utf8
            case 0x0A: text += "\\n".utf8
            case 0x0C: text += "\\f".utf8
            case 0x0D: text += "\\r".utf8
            case 0..<0x20: text += "\\u00\(hexadecimal([byte]))".utf8
            default: text.append(byte)
            }
        }
        text += "']".utf8
    }
}

extension KMError.Code {
    /// The text is no JSONPath.
    public static let pathMalformed = Self("pathMalformed")
    /// A JSONPath of RFC 9535 outside the subset that is understood here; the detail names the part.
    public static let pathUnsupported = Self("pathUnsupported")
}
