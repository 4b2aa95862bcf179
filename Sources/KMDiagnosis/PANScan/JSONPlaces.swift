internal import KMCards
internal import KMJSON
internal import KMPrimitives

/// Follows which JSON object or array a text is in, and where in it, as the text is passed over in order.
///
/// The root is an object or array that begins the text or a line. Reading is lenient: numbers, literals and escapes are not
/// checked, since a path needs none of that. Where the text departs from JSON, there are no paths until the next line
/// that begins with an object or array. Memory is bounded whatever the text holds.
struct JSONPlaces {
    /// How deep a text may nest to have paths.
    private static let maximumDepth = 512
    /// Where a name is cut off in a path, in bytes.
    private static let maximumNameByteCount = 256
    /// How much of a name is looked at, in bytes of its text: a number that begins before the cut is masked whole.
    private static let maximumReadByteCount = maximumNameByteCount + PANSearch.lookAhead
    /// The same in bytes of the document: an escape of six bytes stands for one byte or more.
    ///
    /// Two escapes may be one character.
    private static let maximumRawByteCount = 6 * maximumReadByteCount + 12
    /// How much of the beginning of a path is reported, and how much of its end, in bytes.
    private static let maximumHalfByteCount = 512

    private enum State {
        /// Nothing but white space so far in this line, and nothing is open.
        case lineStart
        /// Text that is no JSON, up to the end of the line.
        case plain
        case value, firstElement, firstName, name, colon, afterValue
        case string, nameString, scalar
    }

    /// An object or array that is open.
    private struct Frame {
        let isObject: Bool
        /// An array's element.
        var index = -1
        /// An object's member: where the opening quote of its name is, from the start of the text.
        var nameStart: Int?
        /// Where its step ends in `steps`, once it is there.
        var stepEnd = 0
    }

    /// What is known about the place of a finding.
    enum Place {
        case none
        case path(String)
        /// The finding is in a name whose end has not come in yet.
        case incomplete
    }

    private var state = State.lineStart
    /// Whether the next byte of a string is escaped.
    private var isEscaped = false
    /// Whether only white space was passed since the last line end.
    private var isLineStart = false
    private var frames: [Frame] = []
    /// The path without its root: the steps of the first `stepCount` frames.
    private var steps: [UInt8] = []
    private var stepCount = 0
    /// Up to where the text was passed over, from its start.
    private var position: Int

    init(at position: Int) {
        self.position = position
    }

    /// Passes over the text up to `end`, an offset from the start of the text, of which `text` is the part from `base` on.
    mutating func advance(to end: Int, _ text: Span<UInt8>, base: Int) {
        var at = position - base
        let end = end - base
        while at < end {
            switch state {
            case .plain:
                at = text.firstNewline(from: at, before: end)
                if at < end { state = .lineStart }
            case .string, .nameString: at = string(text, at, end)
            case .scalar:
                while at < end, text[at].isOfScalar { at &+= 1 }
                if at < end { state = .afterValue }
            default:
                let byte = text[at]
                if byte.isBlank {
                    if byte == UInt8(ascii: "\n") { isLineStart = true }
                    at &+= 1
                } else if take(byte, at &+ base) {
                    isLineStart = false
                    at &+= 1
                } else {
                    // Where a line begins, it may be a JSON text itself.
                    close(as: isLineStart ? .lineStart : .plain)
                }
            }
        }
        position = max(position, at + base)
    }

    /// The place of a finding whose first byte was passed over last.
    mutating func place(_ text: Span<UInt8>, base: Int, isEnd: Bool) -> Place {
        guard state == .string || state == .nameString || state == .scalar else { return .none }
        if !isEnd, !isNameComplete(text, base) { return .incomplete }
        render(frames.count, text, base)
        return .path(path)
    }

    /// Reads the names that `text` will no longer hold; the result is where it must still begin, if anywhere.
    mutating func settle(_ text: Span<UInt8>, base: Int) -> Int? {
        guard !isNameComplete(text, base) else {
            render(frames.count, text, base)
            return nil
        }
        render(frames.count - 1, text, base)
        return frames.last?.nameStart
    }

    // MARK: Reading

    /// Passes over a string, up to its end or before `end`.
    private mutating func string(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        var at = start
        if isEscaped {
            isEscaped = false
            if text[at] != UInt8(ascii: "\n") { at += 1 }
        }
        at = text.endOfPlainText(from: at, before: end)
        guard at < end else { return at }
        switch text[at] {
        case UInt8(ascii: "\""): state = state == .string ? .afterValue : .colon
        case UInt8(ascii: "\\"): isEscaped = true
        case UInt8(ascii: "\n"): close(as: .lineStart)
        default: break
        }
        return at + 1
    }

    /// Reads a byte outside strings that is no white space; false where JSON has none like it.
    private mutating func take(_ byte: UInt8, _ offset: Int) -> Bool {
        switch state {
        case .lineStart:
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") { return open(byte) }
            state = .plain
            return true
        case .firstElement where byte == UInt8(ascii: "]"), .firstName where byte == UInt8(ascii: "}"): return end()
        case .value, .firstElement: return value(byte)
        case .firstName, .name:
            guard byte == UInt8(ascii: "\"") else { return false }
            frames[frames.count - 1].nameStart = offset
            stepCount = min(stepCount, frames.count - 1)
            state = .nameString
            return true
        case .colon:
            state = .value
            return byte == UInt8(ascii: ":")
        default:
            let isObject = frames[frames.count - 1].isObject
            if byte == UInt8(ascii: ",") {
                state = isObject ? .name : .value
                return true
            }
            return byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) ? end() : false
        }
    }

    private mutating func value(_ byte: UInt8) -> Bool {
        if !frames[frames.count - 1].isObject {
            frames[frames.count - 1].index += 1
            stepCount = min(stepCount, frames.count - 1)
        }
        switch byte {
        case UInt8(ascii: "\""): state = .string
        case UInt8(ascii: "{"), UInt8(ascii: "["): return open(byte)
        case UInt8(ascii: "-"), UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"): state = .scalar
        default:
            guard byte.isDigit else { return false }
            state = .scalar
        }
        return true
    }

    private mutating func open(_ byte: UInt8) -> Bool {
        guard frames.count < Self.maximumDepth else { return false }
        let isObject = byte == UInt8(ascii: "{")
        frames.append(Frame(isObject: isObject))
        state = isObject ? .firstName : .firstElement
        return true
    }

    /// Ends the innermost object or array.
    private mutating func end() -> Bool {
        frames.removeLast()
        stepCount = min(stepCount, frames.count)
        state = frames.isEmpty ? .plain : .afterValue
        return true
    }

    /// Ends all that is open.
    private mutating func close(as state: State) {
        frames.removeAll(keepingCapacity: true)
        stepCount = 0
        isLineStart = false
        self.state = state
    }

    // MARK: Paths

    /// The path of what is at hand; of a long one the steps at its beginning and end.
    ///
    /// A text may have as many findings as deep places, so that neither the work nor the text may grow with the depth.
    private var path: String {
        let end = frames.last?.stepEnd ?? 0
        guard end > 2 * Self.maximumHalfByteCount else { return "$" + String(decoding: steps[..<end], as: UTF8.self) }
        var headEnd = 0
        for frame in frames {
            guard frame.stepEnd < Self.maximumHalfByteCount else { break }
            headEnd = frame.stepEnd
        }
        var tailStart = end
        for frame in frames.reversed() {
            guard end - frame.stepEnd <= Self.maximumHalfByteCount else { break }
            tailStart = frame.stepEnd
        }
        return "$" + String(decoding: steps[..<headEnd], as: UTF8.self) + "…"
            + String(decoding: steps[tailStart..<end], as: UTF8.self)
    }

    /// Brings the first `count` steps up to date.
    private mutating func render(_ count: Int, _ text: Span<UInt8>, _ base: Int) {
        while stepCount < count {
            let start = stepCount == 0 ? 0 : frames[stepCount - 1].stepEnd
            steps.removeSubrange(start...)
            let frame = frames[stepCount]
            if !frame.isObject {
                steps += "[\(frame.index)]".utf8
            } else if let nameStart = frame.nameStart {
                append(name: name(text, nameStart - base))
            }
            frames[stepCount].stepEnd = steps.count
            stepCount += 1
        }
    }

    /// Whether the step to what is at hand is there, or the text has enough of the name for it.
    private func isNameComplete(_ text: Span<UInt8>, _ base: Int) -> Bool {
        guard state == .nameString, stepCount < frames.count, let last = frames.last?.nameStart else { return true }
        let start = last - base
        let end = nameEnd(text, start)
        return end < text.count || end - start > Self.maximumRawByteCount
    }

    /// Where the closing quote of a name is, or where reading it ends.
    private func nameEnd(_ text: Span<UInt8>, _ start: Int) -> Int {
        let limit = min(text.count, start + 1 + Self.maximumRawByteCount)
        var at = start + 1
        while at < limit, text[at] != UInt8(ascii: "\"") { at += text[at] == UInt8(ascii: "\\") ? 2 : 1 }
        return min(at, limit)
    }

    private func name(_ text: Span<UInt8>, _ start: Int) -> ArraySlice<UInt8> {
        let end = nameEnd(text, start)
        return JSONString.unescaped(text.extracting(first: end), start..<end + 1).prefix(Self.maximumReadByteCount)
    }

    /// Appends the step to a member, its name cut to size and card numbers in it masked.
    private mutating func append(name: ArraySlice<UInt8>) {
        let part = Array(MessageMasking.apply(to: String(decoding: name, as: UTF8.self)).utf8)
        let isCut = part.count > Self.maximumNameByteCount
        let label = Array(String(decoding: part.prefix(Self.maximumNameByteCount), as: UTF8.self).utf8)
        if !isCut, let first = label.first, !first.isDigit, label.allSatisfy(\.isPlain) {
            steps.append(UInt8(ascii: "."))
            steps += label
        } else {
            NormalizedPath.append(name: (isCut ? label + Array("…".utf8) : label).span, to: &steps)
        }
    }
}

extension Span where Element == UInt8 {
    /// The first newline from `start` on, or `end` where there is none before it.
    fileprivate func firstNewline(from start: Int, before end: Int) -> Int {
        var at = start
        while at &+ 8 <= end {
            let difference = word(at: at) ^ 0x0A0A_0A0A_0A0A_0A0A
            // The high bit of each byte that is not zero; of sums of seven bits none carries into the next byte.
            let others = (difference & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7F7F_7F7F_7F7F_7F7F | difference
            let found = ~others & 0x8080_8080_8080_8080
            if found != 0 { return at &+ (found.leadingZeroBitCount >> 3) }
            at &+= 8
        }
        while at < end, self[at] != UInt8(ascii: "\n") { at &+= 1 }
        return at
    }

    /// The first quote, backslash or control character from `start` on, or `end` where there is none before it.
    fileprivate func endOfPlainText(from start: Int, before end: Int) -> Int {
        var at = start
        while at &+ 8 <= end {
            let word = word(at: at)
            let low = word & 0x7F7F_7F7F_7F7F_7F7F
            let isNoQuote = (low ^ 0x2222_2222_2222_2222) &+ 0x7F7F_7F7F_7F7F_7F7F
            let isNoBackslash = (low ^ 0x5C5C_5C5C_5C5C_5C5C) &+ 0x7F7F_7F7F_7F7F_7F7F
            let isNoControl = low &+ 0x6060_6060_6060_6060
            let found = ~(word | isNoQuote & isNoBackslash & isNoControl) & 0x8080_8080_8080_8080
            if found != 0 { return at &+ (found.leadingZeroBitCount >> 3) }
            at &+= 8
        }
        while at < end {
            let byte = self[at]
            guard byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { return at }
            at &+= 1
        }
        return at
    }
}

extension UInt8 {
    /// Whether it is white space of JSON.
    fileprivate var isBlank: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }

    /// Whether numbers and literals of JSON have it.
    fileprivate var isOfScalar: Bool {
        isDigit || (self | 0x20) &- UInt8(ascii: "a") < 26 || self == UInt8(ascii: "-") || self == UInt8(ascii: "+")
            || self == UInt8(ascii: ".")
    }

    /// Whether a name in dot form has it (RFC 9535 section 2.5.1).
    fileprivate var isPlain: Bool {
        isDigit || (self | 0x20) &- UInt8(ascii: "a") < 26 || self == UInt8(ascii: "_") || self >= 0x80
    }
}
