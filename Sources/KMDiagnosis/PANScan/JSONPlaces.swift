internal import KMCards
internal import KMJSON
internal import KMPrimitives

/// Tracks the JSON path of the current position while a text is read in order.
///
/// The root is an object or array that begins the text or a line. Numbers, literals and escapes are not checked,
/// because a path does not depend on them. After a JSON error, there are no paths until the next line that begins with
/// an object or array. The memory is limited for any text.
struct JSONPlaces {
    /// The largest depth of nesting for which there are paths.
    private static let maximumDepth = 512
    /// The largest size of a name in a path, in bytes.
    private static let maximumNameByteCount = 256
    /// The largest number of bytes of an unescaped name that are read.
    ///
    /// It is large enough to mask all of a card number that begins before the cut.
    private static let maximumReadByteCount = maximumNameByteCount + PANSearch.lookAhead
    /// The largest number of bytes of a name that are read in the document.
    ///
    /// An escape of six bytes represents one byte or more, and two escapes may represent one character.
    private static let maximumRawByteCount = 6 * maximumReadByteCount + 12
    /// The largest number of bytes reported of the beginning, and of the end, of a long path.
    private static let maximumHalfByteCount = 512

    private enum State {
        /// Only white space so far in this line, and no object or array is open.
        case lineStart
        /// Text that is not JSON, up to the end of the line.
        case plain
        case value, firstElement, firstName, name, colon, afterValue
        case string, nameString, scalar
    }

    /// An open object or array.
    private struct Frame {
        let isObject: Bool
        /// The index of the current element of an array.
        var index = -1
        /// The offset, from the start of the text, of the opening quote of the current member's name in an object.
        var nameStart: Int?
        /// The position in `steps` after this frame's step, once that is rendered.
        var stepEnd = 0
    }

    /// The JSON path of a finding, as far as it is known.
    enum Place {
        /// The finding is not in JSON.
        case none
        case path(String)
        /// The finding is in a name whose end was not received yet.
        case incomplete
    }

    private var state = State.lineStart
    /// Whether the next byte of a string is escaped.
    private var isEscaped = false
    /// Whether only white space was read since the last line end.
    private var isLineStart = false
    private var frames: [Frame] = []
    /// The rendered path without its root, the steps of the first `stepCount` frames.
    private var steps: [UInt8] = []
    private var stepCount = 0
    /// The offset, from the start of the text, up to which the text was read.
    private var position: Int

    init(at position: Int) {
        self.position = position
    }

    /// Reads the text up to `end`.
    ///
    /// `end` and `base` are offsets from the start of the whole text, and `text` is its part from `base` on. A survey of
    /// the end of the text makes it faster.
    mutating func advance(to end: Int, _ text: Span<UInt8>, base: Int, _ survey: PANSurvey.Placed? = nil) {
        var at = position - base
        let end = end - base
        while at < end {
            switch state {
            case .plain:
                at =
                    survey?.lastPlainNewline(from: at, before: end, text, base: base)
                    ?? text.firstNewline(from: at, before: end)
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
                    // At the beginning of a line, this byte may begin a JSON text of its own.
                    close(as: isLineStart ? .lineStart : .plain)
                }
            }
        }
        position = max(position, at + base)
    }

    /// Returns the path of a finding whose first byte was the last byte read.
    mutating func place(_ text: Span<UInt8>, base: Int, isEnd: Bool) -> Place {
        guard state == .string || state == .nameString || state == .scalar else { return .none }
        if !isEnd, !isNameComplete(text, base) { return .incomplete }
        render(frames.count, text, base)
        return .path(path)
    }

    /// Renders the path before the text that was read is released, because its names are then no longer available.
    ///
    /// The result is the offset from which the text must be kept, because the name there is incomplete, or nil.
    mutating func settle(_ text: Span<UInt8>, base: Int) -> Int? {
        guard !isNameComplete(text, base) else {
            render(frames.count, text, base)
            return nil
        }
        render(frames.count - 1, text, base)
        return frames.last?.nameStart
    }

    // MARK: Reading

    /// Reads a string up to its closing quote or to `end`, and returns the position after it.
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

    /// Reads a byte outside strings that is not white space, or returns false if JSON does not allow it here.
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

    /// Reads the first byte of a value, or returns false if no value begins with it.
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

    /// Opens an object or array, or returns false if the nesting is too deep.
    private mutating func open(_ byte: UInt8) -> Bool {
        guard frames.count < Self.maximumDepth else { return false }
        let isObject = byte == UInt8(ascii: "{")
        frames.append(Frame(isObject: isObject))
        state = isObject ? .firstName : .firstElement
        return true
    }

    /// Closes the innermost object or array.
    private mutating func end() -> Bool {
        frames.removeLast()
        stepCount = min(stepCount, frames.count)
        state = frames.isEmpty ? .plain : .afterValue
        return true
    }

    /// Closes all objects and arrays.
    private mutating func close(as state: State) {
        frames.removeAll(keepingCapacity: true)
        stepCount = 0
        isLineStart = false
        self.state = state
    }

    // MARK: Paths

    /// The path of the current position, with an ellipsis in place of the middle steps if it is long.
    ///
    /// A text may contain many findings in deeply nested places. Therefore the time and the output for one finding must
    /// not grow with the depth.
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

    /// Renders the first `count` steps where they are not up to date.
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

    /// Returns whether the last step is rendered, or the text contains enough of its name to render it.
    private func isNameComplete(_ text: Span<UInt8>, _ base: Int) -> Bool {
        guard state == .nameString, stepCount < frames.count, let last = frames.last?.nameStart else { return true }
        let start = last - base
        let end = nameEnd(text, start)
        return end < text.count || end - start > Self.maximumRawByteCount
    }

    /// Returns the position of a name's closing quote, or of the limit for reading it.
    private func nameEnd(_ text: Span<UInt8>, _ start: Int) -> Int {
        let limit = min(text.count, start + 1 + Self.maximumRawByteCount)
        var at = start + 1
        while at < limit, text[at] != UInt8(ascii: "\"") { at += text[at] == UInt8(ascii: "\\") ? 2 : 1 }
        return min(at, limit)
    }

    /// Returns the unescaped name whose opening quote is at `start`, up to the limit for reading it.
    private func name(_ text: Span<UInt8>, _ start: Int) -> ArraySlice<UInt8> {
        let end = nameEnd(text, start)
        return JSONString.unescaped(text.extracting(first: end), start..<end + 1).prefix(Self.maximumReadByteCount)
    }

    /// Appends the step to a member, after masking card numbers in its name and cutting the name.
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

extension UInt8 {
    /// Whether this is JSON white space.
    var isBlank: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }

    /// Whether this can be part of a JSON number or literal.
    fileprivate var isOfScalar: Bool {
        isDigit || (self | 0x20) &- UInt8(ascii: "a") < 26 || self == UInt8(ascii: "-") || self == UInt8(ascii: "+")
            || self == UInt8(ascii: ".")
    }

    /// Whether this can be part of a name in dot form (RFC 9535 section 2.5.1).
    fileprivate var isPlain: Bool {
        isDigit || (self | 0x20) &- UInt8(ascii: "a") < 26 || self == UInt8(ascii: "_") || self >= 0x80
    }
}
