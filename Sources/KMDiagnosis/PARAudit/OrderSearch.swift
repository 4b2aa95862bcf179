internal import Foundation

/// Looks for PARs that sort as the PANs do, or as the lines of the file.
struct OrderSearch {
    /// The largest number of rows that are compared.
    private static let maximumCount = 48

    /// An order that was found.
    struct Result {
        let relation: PARFinding.Relation
        let sentence: String
        let panPlaces: [Int]
        let parPlaces: [Int]
        /// The pairs of rows in the right order, and all pairs of rows.
        let right: Int
        let compared: Int
        let logProbability: Double
        let logTests: Double
    }

    private let table: AuditTable
    private let rows: Range<Int>

    init(_ table: AuditTable) {
        self.table = table
        rows = 0..<min(table.count, Self.maximumCount)
    }

    /// Returns the logarithm of the number of relations that the search tries.
    static func logTests(_ table: AuditTable) -> Double {
        log(2 * Double(table.pan.count + 1) * Double(table.par.count))
    }

    /// Returns the least likely order, if one is at all unlikely.
    func result() -> Result? {
        var keys = table.pan.indices.filter { table.panVaries[$0] }.map { start in
            (start: Optional(start), ranks: ranks(table.pan[start...].map { $0 }))
        }
        keys.append((start: nil, ranks: rows.map { $0 }))
        var best: Result?
        for character in table.par.indices where table.parVaries[character] {
            let ranks = ranks(table.par[character...].map { $0 })
            for key in keys {
                guard isCorrelated(key.ranks, ranks) else { continue }
                let inversions = inversions(key.ranks, ranks)
                let compared = rows.count * (rows.count - 1) / 2
                let isFalling = inversions * 2 > compared
                let wrong = isFalling ? compared - inversions : inversions
                let probability = Chance.ofAtMost(inversions: wrong, count: rows.count)
                guard probability < best?.logProbability ?? 0 else { continue }
                best = made(key.start, character, isFalling, compared - wrong, compared, probability)
            }
        }
        return best
    }

    private func made(
        _ start: Int?,
        _ character: Int,
        _ isFalling: Bool,
        _ right: Int,
        _ compared: Int,
        _ probability: Double
    ) -> Result {
        let digits = start.map { Array($0..<table.pan.count) } ?? []
        let order = isFalling ? "in the opposite order of" : "in the same order as"
        let key = start == nil ? "the lines of the file" : Places.pan(digits)
        let characters = Array(character..<table.par.count)
        return Result(
            relation: start == nil ? .fileOrder : .order,
            sentence: "\(Places.par(characters)) sort \(order) \(key).",
            panPlaces: digits,
            parPlaces: characters,
            right: right,
            compared: compared,
            logProbability: probability,
            logTests: Self.logTests(table)
        )
    }

    /// Returns the rank of each row by some columns.
    ///
    /// Equal rows keep a random order.
    private func ranks(_ columns: [[UInt8]]) -> [Int] {
        var numbers = SampleNumbers()
        let order = numbers.order(rows.count).sorted { first, second in
            for column in columns where column[first] != column[second] { return column[first] < column[second] }
            return false
        }
        var ranks = [Int](repeating: 0, count: rows.count)
        for (rank, row) in order.enumerated() { ranks[row] = rank }
        return ranks
    }

    /// Whether two orders are similar or opposite enough to count their inversions (Spearman's coefficient).
    private func isCorrelated(_ first: [Int], _ second: [Int]) -> Bool {
        var sum = 0
        for row in rows {
            let difference = first[row] - second[row]
            sum += difference * difference
        }
        let cube = Double(rows.count * (rows.count * rows.count - 1))
        return abs(1 - 6 * Double(sum) / cube) > 0.5
    }

    private func inversions(_ first: [Int], _ second: [Int]) -> Int {
        var sorted = [Int](repeating: 0, count: rows.count)
        for row in rows { sorted[first[row]] = second[row] }
        var count = 0
        for high in sorted.indices { for low in 0..<high where sorted[low] > sorted[high] { count += 1 } }
        return count
    }
}
