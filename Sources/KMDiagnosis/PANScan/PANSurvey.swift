package import KMCards

/// The positions in a part of a text at which a card number may be found.
///
/// A part can be surveyed without the text before it, and thus at the same time as other parts. A scanner that receives
/// the survey with the part examines only these positions.
package struct PANSurvey: Sendable {
    /// The positions that were searched, all but those near the ends of the part.
    let range: Range<Int>
    /// The positions in `range` at which a card number may be found, in order.
    let starts: [Int]

    /// Surveys a part of a text.
    ///
    /// - Parameters:
    ///   - part: The part.
    ///   - issuers: The ranges of card numbers that the scanner finds.
    package init(_ part: Span<UInt8>, _ issuers: [IssuerRange]?) {
        range = PANSearch.lookBehind..<max(PANSearch.lookBehind, part.count - PANSearch.lookAhead)
        starts = PANSearch.starts(part, in: range, issuers)
    }

    /// Returns the first of `starts` from `position` on, or the end of the range.
    func firstStart(from position: Int) -> Int {
        var (low, high) = (0, starts.count)
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] < position { low = middle + 1 } else { high = middle }
        }
        return low < starts.count ? starts[low] : range.upperBound
    }
}
