package import KMCards

/// What is known of a part of a text without the text before it: where card numbers may be found, and its lines.
///
/// Several parts can be surveyed at the same time. A scanner that receives the survey with the part examines only these
/// positions.
package struct PANSurvey: Sendable {
    /// The positions that were searched, all but those near the ends of the part.
    private let range: Range<Int>
    /// The positions in `range` at which a card number may be found, in order.
    private let starts: [Int]
    private let lines: LineSurvey
    private let byteCount: Int

    /// Surveys a part of a text.
    ///
    /// - Parameters:
    ///   - part: The part.
    ///   - issuers: The ranges of card numbers that the scanner finds.
    package init(_ part: Span<UInt8>, _ issuers: [IssuerRange]?) {
        range = PANSearch.lookBehind..<max(PANSearch.lookBehind, part.count - PANSearch.lookAhead)
        starts = PANSearch.starts(part, in: range, issuers)
        lines = LineSurvey(part)
        byteCount = part.count
    }

    /// The survey of a part, and where that part begins.
    ///
    /// The positions in its functions are those in a text that begins at the offset `base`.
    struct Placed {
        let survey: PANSurvey
        /// The offset of the part from the start of the whole text.
        let start: Int

        /// Returns the next position to search from `position` on, and the end of the search from there.
        func next(_ position: Int, before limit: Int, base: Int) -> (position: Int, end: Int) {
            let partStart = start - base
            let place = position - partStart
            guard place < survey.range.upperBound else { return (position, limit) }
            guard place >= survey.range.lowerBound else {
                return (position, min(limit, partStart + survey.range.lowerBound))
            }
            let index = survey.starts.firstIndex(from: place)
            let next = index < survey.starts.count ? survey.starts[index] : survey.range.upperBound
            return (min(limit, partStart + next), min(limit, partStart + next + 1))
        }

        /// Returns the number of newlines in a part of the text, or nil if it does not lie within the surveyed part.
        func newlineCount(in range: Range<Int>, _ text: Span<UInt8>, base: Int) -> Int? {
            let partStart = start - base
            guard range.lowerBound >= partStart, range.upperBound <= partStart + survey.byteCount else { return nil }
            let range = range.lowerBound - partStart..<range.upperBound - partStart
            return survey.lines.newlineCount(in: range, text, partAt: partStart)
        }

        /// Returns the last newline before which no line begins with an object or array, or `end` if there is no newline.
        ///
        /// The result is nil if `position` is before the surveyed part.
        func lastPlainNewline(from position: Int, before end: Int, _ text: Span<UInt8>, base: Int) -> Int? {
            let partStart = start - base
            guard position >= partStart else { return nil }
            if let root = survey.lines.firstRoot(from: position - partStart), root + partStart < end {
                return root + partStart
            }
            return text.lastNewline(in: position..<end) ?? end
        }
    }
}
