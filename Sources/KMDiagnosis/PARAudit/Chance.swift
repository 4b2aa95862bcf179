internal import Foundation

/// Bounds on what happens by chance, as natural logarithms.
enum Chance {
    /// The share of false alarms that all tests of one audit may have together.
    static let falseAlarmLimit = 0.01

    /// Returns a bound on the probability of at least `right` successes.
    ///
    /// It is Chernoff's bound, which is exact if all trials succeed, and never too small.
    ///
    /// - Parameters:
    ///   - right: The number of successes.
    ///   - count: The number of independent trials.
    ///   - logChance: The logarithm of the probability of one success.
    /// - Returns: The logarithm of the bound.
    static func ofAtLeast(_ right: Int, of count: Int, logChance: Double) -> Double {
        guard count > 0, logChance < 0 else { return 0 }
        let chance = exp(logChance)
        let (wins, trials) = (Double(right), Double(count))
        guard wins > trials * chance else { return 0 }
        var sum = wins * (log(wins / trials) - logChance)
        if right < count { sum += (trials - wins) * (log((trials - wins) / trials) - log1p(-chance)) }
        return -sum
    }

    /// Returns the probability that a random order of different items has at most some number of inversions.
    ///
    /// - Parameters:
    ///   - inversions: The number of inversions.
    ///   - count: The number of items.
    /// - Returns: The logarithm of the probability.
    static func ofAtMost(inversions: Int, count: Int) -> Double {
        guard count > 1 else { return 0 }
        // The shares of the orders of the first items by their inversions; an item adds 0 up to its index.
        var shares = [1.0]
        for item in 1..<count {
            var next = [Double](repeating: 0, count: min(inversions + 1, shares.count + item))
            var window = 0.0
            for index in next.indices {
                if index < shares.count { window += shares[index] }
                if index > item, index - item - 1 < shares.count { window -= shares[index - item - 1] }
                next[index] = max(0, window) / Double(item + 1)
            }
            shares = next
        }
        let sum = shares.prefix(inversions + 1).reduce(0, +)
        return log(min(1, max(sum, .leastNormalMagnitude)))
    }

    /// Returns the logarithm of the number of subsets of `part` of `whole` items.
    static func logChoices(_ part: Int, of whole: Int) -> Double {
        lgamma(Double(whole + 1)) - lgamma(Double(part + 1)) - lgamma(Double(whole - part + 1))
    }
}

/// Numbers that are random enough to choose a sample, and the same in every run.
struct SampleNumbers {
    private var state: UInt64 = 0x4B4D_5345_4355_5249

    /// Returns a number from 0 to `limit` - 1.
    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: Self.mixed(state).multipliedFullWidth(by: UInt64(limit)).high)
    }

    /// Returns the numbers from 0 to `count` - 1 in a random order.
    mutating func order(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for index in stride(from: count - 1, to: 0, by: -1) { order.swapAt(index, below(index + 1)) }
        return order
    }

    /// Returns the numbers from 0 to `count` - 1 in a random order that is not the usual one.
    ///
    /// Of four items, one order in 24 is the usual one.
    mutating func otherOrder(_ count: Int) -> [Int] {
        var order = order(count)
        while count > 1, order.indices.allSatisfy({ order[$0] == $0 }) { order = self.order(count) }
        return order
    }

    /// Returns a number that looks unrelated to `number`, and is different for each.
    static func mixed(_ number: UInt64) -> UInt64 {
        var mixed = number
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
