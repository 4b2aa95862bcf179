/// Compares short texts by the number of typing mistakes between them: an element omitted, added or changed, or two
/// adjacent elements exchanged.
package enum EditDistance {
    /// Returns the candidate with the smallest distance to a word; nil if none is close enough.
    package static func nearest(to word: String, among candidates: [String]) -> String? {
        allNear(word, among: candidates).first
    }

    /// Returns the candidates that are close to a word, the closest first.
    package static func allNear(_ word: String, among candidates: [String]) -> [String] {
        // Longer words cannot be names, and the time grows with the square of the length. A word of one letter is
        // equally close to every other.
        guard word.count <= 40, word.drop(while: { $0 == "-" }).count > 1 else { return [] }
        let near = candidates.map { (name: $0, slips: between(Array(word.lowercased()), Array($0))) }
            .filter { $0.slips <= max(1, $0.name.drop { $0 == "-" }.count / 3) }
        // A stable order: `sorted` keeps no order of equal elements by contract.
        return near.enumerated().sorted { ($0.element.slips, $0.offset) < ($1.element.slips, $1.offset) }
            .map(\.element.name)
    }

    /// Returns whether at most `limit` typing mistakes turn one text into the other.
    ///
    /// The time grows with the product of the lengths, so the texts must be short.
    package static func isAtMost<Element: Equatable>(_ limit: Int, _ left: [Element], _ right: [Element]) -> Bool {
        abs(left.count - right.count) <= limit && between(left, right) <= limit
    }

    private static func between<Element: Equatable>(_ left: [Element], _ right: [Element]) -> Int {
        var (beforeLast, last) = ([Int](), Array(0...right.count))
        for i in left.indices {
            var row = [i + 1]
            row.reserveCapacity(last.count)
            for j in right.indices {
                var least = min(last[j] + (left[i] == right[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    least = min(least, beforeLast[j - 1] + 1)
                }
                row.append(least)
            }
            (beforeLast, last) = (last, row)
        }
        return last[right.count]
    }
}
