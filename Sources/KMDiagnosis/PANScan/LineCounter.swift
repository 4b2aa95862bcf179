/// Counts the lines and columns of a text that is read in order.
struct LineCounter {
    enum Units { case bytes, littleEndian, bigEndian }

    private let units: Units
    private(set) var line = 1
    /// The offset of the current line from the start of the text.
    private(set) var lineStart: Int
    private var position: Int

    /// Creates a counter at the start of a text, and chooses the units by the byte order mark, if there is one.
    init(_ text: Span<UInt8>) {
        func begins(_ mark: [UInt8]) -> Bool {
            text.count >= mark.count && mark.indices.allSatisfy { text[$0] == mark[$0] }
        }
        var markCount = 0
        if begins([0xFF, 0xFE]) {
            (units, markCount) = (.littleEndian, 2)
        } else if begins([0xFE, 0xFF]) {
            (units, markCount) = (.bigEndian, 2)
        } else {
            units = .bytes
            if begins([0xEF, 0xBB, 0xBF]) { markCount = 3 }
        }
        lineStart = markCount
        position = markCount
    }

    /// Moves forward to `end` and counts the newlines on the way.
    ///
    /// `end` and `base` are offsets from the start of the whole text, and `text` is its part from `base` on.
    ///
    /// - Parameters:
    ///   - end: The new position.
    ///   - text: The text.
    ///   - base: Its offset.
    ///   - survey: The survey of the end of the text, if there is one.
    mutating func advance(to end: Int, _ text: Span<UInt8>, base: Int, _ survey: PANSurvey.Placed? = nil) {
        guard end > position else { return }
        let part = position - base..<end - base
        if units == .bytes {
            let count = survey?.newlineCount(in: part, text, base: base) ?? text.newlineCount(in: part)
            if count > 0, let last = text.lastNewline(in: part) {
                line += count
                lineStart = base + last + 1
            }
        } else {
            for at in part where isNewline(text, at, base) {
                line += 1
                lineStart = base + (units == .littleEndian ? at + 2 : at + 1)
            }
        }
        position = end
    }

    /// Returns the column of an offset in the current line.
    func column(_ offset: Int) -> Int {
        max(0, offset - lineStart) / (units == .bytes ? 1 : 2) + 1
    }

    /// Returns whether the byte at `at` is the nonzero byte of a newline in UTF-16.
    private func isNewline(_ text: Span<UInt8>, _ at: Int, _ base: Int) -> Bool {
        guard text[at] == UInt8(ascii: "\n"), (base + at) % 2 == (units == .littleEndian ? 0 : 1) else { return false }
        let other = units == .littleEndian ? at + 1 : at - 1
        return other >= 0 && other < text.count && text[other] == 0
    }
}
