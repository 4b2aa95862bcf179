internal import Foundation

/// A relation between one digit of the PAN and one character of the PAR, with at most one constant.
enum DigitRelation: CaseIterable {
    /// The character is the digit.
    case same
    /// The character is the digit plus a constant, modulo the base.
    case sum10, sum16, sum36
    /// The character is the digit XOR a constant, as hexadecimal digits.
    case xor16

    var base: UInt8 {
        switch self {
        case .same, .sum10: 10
        case .sum16, .xor16: 16
        case .sum36: 36
        }
    }

    /// Returns the constant that relates a character to a digit, or nil if none does.
    @inline(__always)
    func constant(digit: UInt8, value: UInt8) -> UInt8? {
        guard value < base else { return nil }
        switch self {
        case .same: return value == digit ? 0 : nil
        case .sum10, .sum16, .sum36: return value >= digit ? value - digit : value + base - digit
        case .xor16: return value ^ digit
        }
    }

    /// Returns the value of the character for a digit.
    func value(digit: UInt8, constant: UInt8) -> UInt8 {
        switch self {
        case .same: digit
        case .sum10, .sum16, .sum36: (digit + constant) % base
        case .xor16: digit ^ constant
        }
    }
}

/// Looks for digits of the PAN that appear in the PAR: copied, reversed, moved, or changed by a constant each.
struct DigitSearch {
    /// The rows that one constant relates at one place, as bits, and the constant.
    private struct Link {
        var rows: UInt64 = 0
        var constant: UInt8 = 0
    }

    private let table: AuditTable

    init(_ table: AuditTable) { self.table = table }

    /// Returns the logarithm of the number of relations that the search tries, including the choice of constants.
    static func logTests(_ table: AuditTable, _ relation: DigitRelation) -> Double {
        let (digits, characters) = (Double(table.pan.count), Double(table.par.count))
        let constants = relation == .same ? 1 : Double(table.searchRows.count)
        // Moved digits are a kind of their own.
        return log(digits * characters * digits * 2 * Double(DigitRelation.allCases.count + 1) * constants)
    }

    /// Returns the relations that describe at least half of the pairs.
    func candidates() -> [Candidate] {
        DigitRelation.allCases.flatMap(candidates)
    }

    private func candidates(_ relation: DigitRelation) -> [Candidate] {
        let links = table.panVaries.indices.map { digit in
            table.parVaries.indices.map { character in
                table.panVaries[digit] && table.parVaries[character]
                    ? Self.link(table, relation, digit, character) : Link()
            }
        }
        let needed = max(3, (table.searchRows.count + 1) / 2)
        var found: [Candidate] = []
        for digit in links.indices {
            for character in links[digit].indices where links[digit][character].rows.nonzeroBitCount >= needed {
                for step in [1, -1] {
                    let before = (digit - 1, character - step)
                    // A run begins where it cannot be extended to the left.
                    let isInside =
                        before.0 >= 0 && links[0].indices.contains(before.1)
                        && (links[before.0][before.1].rows & links[digit][character].rows).nonzeroBitCount >= needed
                    guard !isInside else { continue }
                    var (rows, length) = (links[digit][character].rows, 1)
                    while digit + length < links.count, links[0].indices.contains(character + step * length) {
                        let next = rows & links[digit + length][character + step * length].rows
                        guard next.nonzeroBitCount >= needed else { break }
                        (rows, length) = (next, length + 1)
                    }
                    if length == 1, step == -1 { continue }
                    let places = (0..<length).map { (digit + $0, character + step * $0) }
                    let constants = places.map { links[$0.0][$0.1].constant }
                    found.append(candidate(relation, places, constants, rows: rows, isReversed: step == -1))
                }
            }
        }
        if relation == .same, let moved = moved(links) { found.append(moved) }
        return found
    }

    /// Returns the rows at which the most frequent constant relates two places.
    private static func link(_ table: AuditTable, _ relation: DigitRelation, _ digit: Int, _ character: Int) -> Link {
        let (digits, values) = (table.pan[digit], table.values[character])
        var counts = InlineArray<36, UInt8>(repeating: 0)
        var best: UInt8 = 0
        for row in table.searchRows {
            guard let constant = relation.constant(digit: digits[row], value: values[row]) else { continue }
            counts[Int(constant)] += 1
            if counts[Int(constant)] > counts[Int(best)] { best = constant }
        }
        var link = Link(rows: 0, constant: best)
        guard counts[Int(best)] > 1 else { return link }
        for row in table.searchRows where relation.constant(digit: digits[row], value: values[row]) == best {
            link.rows |= 1 << UInt64(row)
        }
        return link
    }

    /// Returns a candidate for digits that are copied to places of no regular order.
    private func moved(_ links: [[Link]]) -> Candidate? {
        let needed = max(3, (table.searchRows.count * 3 + 3) / 4)
        var places: [(Int, Int)] = []
        for character in table.parVaries.indices {
            let best = links.indices.max {
                links[$0][character].rows.nonzeroBitCount < links[$1][character].rows.nonzeroBitCount
            }
            guard let best, links[best][character].rows.nonzeroBitCount >= needed else { continue }
            places.append((best, character))
        }
        let steps = Set(zip(places, places.dropFirst()).map { [$1.0 - $0.0, $1.1 - $0.1] })
        guard places.count > 1, steps != [[1, 1]], steps != [[-1, 1]] else { return nil }
        var moved = candidate(.same, places, places.map { _ in 0 }, rows: 0, isReversed: false)
        let pairs = places.map { "digit \($0.0 + 1) at character \($0.1 + 1)" }.joined(separator: ", ")
        moved.relation = .movedDigits
        moved.sentence = "Digits of the PAN appear in the PAR in another order: \(pairs)."
        // The choice of a digit for each character is one of this many.
        moved.logTests += Double(places.count) * log(Double(table.pan.count)) + Double(table.par.count) * log(2)
        return moved
    }

    private func candidate(
        _ relation: DigitRelation,
        _ places: [(Int, Int)],
        _ constants: [UInt8],
        rows: UInt64,
        isReversed: Bool
    ) -> Candidate {
        let (digits, characters) = (places.map(\.0), places.map(\.1))
        let table = table
        let fitRows: Set<Int> = relation == .same ? [] : [rows.trailingZeroBitCount]
        return Candidate(
            relation: relation == .same
                ? (isReversed ? .reversedDigits : .copiedDigits)
                : relation == .xor16 ? .digitXOR : .digitSum,
            sentence: sentence(relation, digits, characters, isReversed),
            panPlaces: digits,
            parPlaces: characters,
            fitRows: fitRows,
            logTests: Self.logTests(table, relation),
            predict: { row in
                zip(digits, constants).map { digit, constant in
                    table.alphabet.character(of: relation.value(digit: table.pan[digit][row], constant: constant))
                }
            },
            describedCount: { table in
                places.reduce(UInt64.max) { $0 & Self.link(table, relation, $1.0, $1.1).rows }.nonzeroBitCount
            }
        )
    }

    private func sentence(
        _ relation: DigitRelation,
        _ digits: [Int],
        _ characters: [Int],
        _ isReversed: Bool
    ) -> String {
        let (pan, par) = (Places.pan(digits), Places.par(characters))
        let isOne = digits.count == 1
        let order = isReversed ? ", in reverse order" : ""
        return switch relation {
        case .same: "\(par) \(isOne ? "is" : "are") \(pan)\(order)."
        case .xor16:
            "\(par) \(isOne ? "is" : "are") \(pan)\(order), each XOR a constant hexadecimal digit."
        default:
            "\(par) \(isOne ? "is" : "are") \(pan)\(order), each plus a constant modulo \(relation.base)."
        }
    }
}
