internal import KMJSON

/// Tells the paths of places in a JSON text.
struct JSONPlaces {
    /// How deep a text may nest to have paths.
    private static let maximumDepth = 512
    /// Where a name is cut off in a path, in bytes.
    private static let maximumNameByteCount = 256
    /// How much of a path's beginning is told, and how much of its end, in bytes.
    private static let maximumHalfByteCount = 512

    /// An object or array that is open.
    private struct Frame {
        let isObject: Bool
        /// How many elements were begun.
        var count = 0
        /// Where the member's name stands, and the step of a path that it makes, once it was needed.
        var name: Range<Int> = 0..<0
        var step: String?
    }

    private var frames: [Frame] = []
    private let issuers: [IssuerRange]?

    /// The paths of the strings, numbers and names that hold `offsets`, which rise, or nil where the text is no JSON object
    /// or array.
    static func paths(of offsets: [Int], in document: Span<UInt8>, _ issuers: [IssuerRange]?) -> [String?]? {
        guard document.beginsObjectOrArray else { return nil }
        var places = JSONPlaces(issuers: issuers)
        return try? places.paths(of: offsets, document)
    }

    /// Whether a text is the beginning of a JSON object or array, cut between two tokens, and not the whole of it.
    static func isBeginning(_ text: Span<UInt8>) -> Bool {
        guard text.beginsObjectOrArray else { return false }
        var scanner = JSONScanner(maximumDepth: maximumDepth)
        do {
            while try scanner.next(in: text) != .end {}
            return false
        } catch {
            return scanner.position == text.count
        }
    }

    private init(issuers: [IssuerRange]?) {
        self.issuers = issuers
    }

    private mutating func paths(of offsets: [Int], _ document: Span<UInt8>) throws -> [String?] {
        var scanner = JSONScanner(maximumDepth: Self.maximumDepth)
        var paths: [String?] = []
        while true {
            let token = try scanner.next(in: document)
            switch token {
            case .end: return paths + [String?](repeating: nil, count: offsets.count - paths.count)
            case .objectEnd, .arrayEnd: frames.removeLast()
            case .name:
                frames[frames.count - 1].name = scanner.range
                frames[frames.count - 1].step = nil
            default:
                if let last = frames.indices.last, !frames[last].isObject { frames[last].count += 1 }
            }
            if paths.count < offsets.count, offsets[paths.count] < scanner.range.upperBound {
                let path = path(document)
                while paths.count < offsets.count, offsets[paths.count] < scanner.range.upperBound {
                    paths.append(offsets[paths.count] < scanner.range.lowerBound ? nil : path)
                }
            }
            if token == .objectStart || token == .arrayStart { frames.append(Frame(isObject: token == .objectStart)) }
        }
    }

    /// The path of the token at hand, of a long one the steps at its beginning and end.
    ///
    /// A text may have as many findings as deep places, so that neither the work nor the text may grow with the depth.
    private mutating func path(_ document: Span<UInt8>) -> String {
        var head = "$"
        var first = 0
        while first < frames.count {
            let step = step(document, first)
            guard head.utf8.count + step.utf8.count <= Self.maximumHalfByteCount else { break }
            head += step
            first += 1
        }
        var tail: [String] = []
        var count = 0
        var last = frames.count
        while last > first {
            let step = step(document, last - 1)
            count += step.utf8.count
            guard count <= Self.maximumHalfByteCount else { break }
            tail.append(step)
            last -= 1
        }
        return head + (last > first ? "…" : "") + tail.reversed().joined()
    }

    /// The step from an open object or array to what is at hand in it.
    private mutating func step(_ document: Span<UInt8>, _ index: Int) -> String {
        guard frames[index].isObject else { return "[\(frames[index].count - 1)]" }
        let step = frames[index].step ?? step(JSONString.unescaped(document, frames[index].name))
        frames[index].step = step
        return step
    }

    /// The step to a member, its name cut to size and card numbers in it masked.
    private func step(_ name: [UInt8]) -> String {
        // A number that begins before the cut is masked whole first, and then cut itself.
        let beginning = name.prefix(Self.maximumNameByteCount + PANSearch.lookAhead)
        let part = Array(MessageMasking.apply(to: String(decoding: beginning, as: UTF8.self)).utf8)
        let isCut = part.count > Self.maximumNameByteCount
        let label = Array(String(decoding: part.prefix(Self.maximumNameByteCount), as: UTF8.self).utf8)
        if !isCut, let first = label.first, !first.isDigit, label.allSatisfy(\.isPlain) {
            return "." + String(decoding: label, as: UTF8.self)
        }
        var text: [UInt8] = []
        NormalizedPath.append(name: (isCut ? label + Array("…".utf8) : label).span, to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}

extension Span where Element == UInt8 {
    /// Whether the first character that is no white space begins a JSON object or array.
    var beginsObjectOrArray: Bool {
        for index in indices where !self[index].isBlank {
            return self[index] == UInt8(ascii: "{") || self[index] == UInt8(ascii: "[")
        }
        return false
    }
}

extension UInt8 {
    /// Whether it is white space of JSON.
    var isBlank: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }

    /// Whether a name in dot form has it (RFC 9535 section 2.5.1).
    fileprivate var isPlain: Bool {
        isDigit || (self | 0x20) &- UInt8(ascii: "a") < 26 || self == UInt8(ascii: "_") || self >= 0x80
    }
}
