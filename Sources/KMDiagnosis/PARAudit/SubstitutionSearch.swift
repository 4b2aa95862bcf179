internal import Foundation

/// A table from digits to characters that is learned while it predicts.
private struct LearnedTable {
    private var characters = InlineArray<10, UInt8>(repeating: 0)
    private var weights = InlineArray<10, Int>(repeating: 0)

    /// Returns the character for a digit, or nil if the digit did not appear yet.
    func character(for digit: UInt8) -> UInt8? {
        weights[Int(digit)] > 0 ? characters[Int(digit)] : nil
    }

    /// Learns from a digit and its character.
    ///
    /// The more frequent of two characters wins.
    mutating func learn(_ digit: UInt8, _ character: UInt8) {
        let index = Int(digit)
        if weights[index] == 0 {
            (characters[index], weights[index]) = (character, 1)
        } else {
            weights[index] += characters[index] == character ? 1 : -1
        }
    }
}

/// Looks for digits of the PAN that are replaced by other characters, by one table or by one for each position.
struct SubstitutionSearch {
    private let table: AuditTable

    init(_ table: AuditTable) { self.table = table }

    /// A run of places: the first digit, the first character, the direction in the PAR, and the length.
    private struct Run {
        let digit: Int
        let character: Int
        let step: Int
        var length: Int

        var places: [(digit: Int, character: Int)] {
            (0..<length).map { (digit + $0, character + step * $0) }
        }
    }

    /// The predictions of a table that learns as it goes.
    private struct Score {
        var right = 0
        var predicted = 0
        /// Whether enough is predicted, and enough of it right, to go on.
        var isPromising: Bool { predicted >= 2 && right * 3 >= predicted * 2 }
    }

    /// Returns the relations that predict at least two thirds of what they can predict.
    func candidates() -> [Candidate] { common() + byPosition() }

    /// Returns the logarithm of the number of relations that the search tries.
    static func logTests(_ table: AuditTable) -> Double {
        let (digits, characters) = (Double(table.pan.count), Double(table.par.count))
        return log(digits * characters * digits * 2 * 2)
    }

    private func isRun(_ digit: Int, _ character: Int) -> Bool {
        digit < table.pan.count && table.par.indices.contains(character) && table.panVaries[digit]
            && table.parVaries[character]
    }

    private func common() -> [Candidate] {
        var best: (run: Run, score: Score)?
        for digit in table.pan.indices {
            for character in table.par.indices {
                for step in [1, -1]
                where isRun(digit, character) && isRun(digit + 1, character + step) {
                    var run = Run(digit: digit, character: character, step: step, length: 2)
                    var score = Self.commonScore(table, run)
                    guard score.predicted >= 3, score.isPromising else { continue }
                    while isRun(digit + run.length, character + step * run.length) {
                        var longer = run
                        longer.length += 1
                        let next = Self.commonScore(table, longer)
                        guard next.isPromising, next.right > score.right else { break }
                        (run, score) = (longer, next)
                    }
                    if score.right > best?.score.right ?? 0 { best = (run, score) }
                }
            }
        }
        return best.map { [candidate($0.run, isShared: true)] } ?? []
    }

    private static func commonScore(_ table: AuditTable, _ run: Run) -> Score {
        var (learned, score) = (LearnedTable(), Score())
        let columns = run.places.map { (table.pan[$0.digit], table.par[$0.character]) }
        for row in table.searchRows {
            for (digits, characters) in columns {
                if let character = learned.character(for: digits[row]) {
                    score.predicted += 1
                    if character == characters[row] { score.right += 1 }
                }
                learned.learn(digits[row], characters[row])
            }
        }
        return score
    }

    private func byPosition() -> [Candidate] {
        let scores = table.pan.indices.map { digit in
            table.par.indices.map { character in
                isRun(digit, character)
                    ? Self.commonScore(table, Run(digit: digit, character: character, step: 1, length: 1)) : Score()
            }
        }
        var best: (run: Run, bound: Double)?
        for digit in table.pan.indices {
            for character in table.par.indices where scores[digit][character].isPromising {
                for step in [1, -1] {
                    var (run, sum) = (Run(digit: digit, character: character, step: step, length: 0), Score())
                    while isRun(digit + run.length, character + step * run.length) {
                        let next = scores[digit + run.length][character + step * run.length]
                        guard next.isPromising || next.predicted < 2 else { break }
                        sum.right += next.right
                        sum.predicted += next.predicted
                        run.length += 1
                        let chance = table.logChance(of: run.places.map(\.character)) / Double(run.length)
                        let bound = Chance.ofAtLeast(sum.right, of: sum.predicted, logChance: chance)
                        if bound < best?.bound ?? 0 { best = (run, bound) }
                    }
                }
            }
        }
        return best.map { [candidate($0.run, isShared: false)] } ?? []
    }

    /// Returns a candidate that predicts each character from the rows before.
    ///
    /// - Parameters:
    ///   - run: The places.
    ///   - isShared: Whether one table replaces the digits at all places.
    /// - Returns: The candidate.
    private func candidate(_ run: Run, isShared: Bool) -> Candidate {
        let places = run.places
        let (digits, characters) = (places.map(\.digit), places.map(\.character))
        var (learned, predictions) = (places.map { _ in LearnedTable() }, [[UInt8?]]())
        for row in 0..<table.count {
            var predicted: [UInt8?] = []
            for index in places.indices {
                let (digit, which) = (table.pan[digits[index]][row], isShared ? 0 : index)
                predicted.append(learned[which].character(for: digit))
                learned[which].learn(digit, table.par[characters[index]][row])
            }
            predictions.append(predicted)
        }
        let known = predictions
        return Candidate(
            relation: .substitution,
            sentence: sentence(digits, characters, run.step == 1 ? "" : ", in reverse order", isShared),
            panPlaces: digits,
            parPlaces: characters,
            logTests: Self.logTests(table),
            isByCharacter: true,
            predict: { known[$0] },
            describedCount: { table in
                if isShared { return Self.commonScore(table, run).right }
                return places.reduce(0) { sum, place in
                    let run = Run(digit: place.digit, character: place.character, step: 1, length: 1)
                    return sum + Self.commonScore(table, run).right
                }
            }
        )
    }

    private func sentence(_ digits: [Int], _ characters: [Int], _ order: String, _ isShared: Bool) -> String {
        let (pan, par) = (Places.pan(digits), Places.par(characters))
        if digits.count == 1 { return "\(par) is \(pan), replaced by a table." }
        return isShared
            ? "\(par) are \(pan)\(order), each digit replaced by the same table."
            : "\(par) are \(pan)\(order), each digit replaced by the table of its position."
    }
}
