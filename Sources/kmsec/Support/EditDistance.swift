/// Finds the word that a mistyped word was probably meant to be.
///
/// The distance between two words is the number of typing mistakes: a letter omitted, added or changed, or two adjacent
/// letters exchanged.
enum EditDistance {
    /// Returns the candidate with the smallest distance to a word; nil if none is close enough.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        // Longer words cannot be names, and the time grows with the square of the length. A word of one letter is
        // equally close to every other.
        guard word.count <= 40, word.drop(while: { $0 == "-" }).count > 1 else { return nil }
        let near = candidates.map { (name: $0, slips: slips(Array(word.lowercased()), Array($0))) }
            .filter { $0.slips <= max(1, $0.name.drop { $0 == "-" }.count / 3) }
        return near.min { $0.slips < $1.slips }?.name
    }

    private static func slips(_ a: [Character], _ b: [Character]) -> Int {
        var (beforeLast, last) = ([Int](), Array(0...b.count))
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var least = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, beforeLast[j - 1] + 1) }
                row.append(least)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
