internal import Foundation

/// A pair of a PAN and a PAR, as the audit keeps it.
struct AuditPair {
    /// The digits of the PAN, 0 to 9.
    let pan: [UInt8]
    /// The characters of the PAR in ASCII.
    let par: [UInt8]
    /// The number of the pair in the input, from 1.
    let line: Int
}

/// The pairs that are compared, by columns: one for each position of the PANs and of the PARs.
struct AuditTable {
    /// The number of rows on which relations are looked for; all rows test what is found.
    static let searchCount = 64
    /// The value of a character that is not a digit in base 36.
    static let noValue: UInt8 = 255

    let count: Int
    /// The digits of the PANs, by position.
    let pan: [[UInt8]]
    /// The characters of the PARs, by position.
    let par: [[UInt8]]
    /// The characters of the PARs as digits in base 36, by position, or ``noValue``.
    let values: [[UInt8]]
    /// The numbers of the pairs in the input.
    let lines: [Int]
    /// The positions at which the PANs differ.
    let panVaries: [Bool]
    /// The positions at which the PARs differ.
    let parVaries: [Bool]
    /// The alphabet of the PARs' varying characters.
    let alphabet: PARAlphabet
    /// The logarithm of the probability that a guess of a character is right, by position; 0 if it is constant.
    let logChance: [Double]
    /// The largest base, of 10, 16 and 36, whose digits all characters of a position are; 0 if there is none.
    let smallestBase: [Int]

    /// Creates a table of pairs with PANs of one length and PARs of one length.
    ///
    /// - Parameter pairs: The pairs, at least one.
    init(_ pairs: [AuditPair]) {
        let par = (pairs.first?.par.indices ?? 0..<0).map { place in pairs.map { $0.par[place] } }
        let pan = (pairs.first?.pan.indices ?? 0..<0).map { place in pairs.map { $0.pan[place] } }
        self.init(pan: pan, par: par, lines: pairs.map(\.line))
    }

    private init(pan: [[UInt8]], par: [[UInt8]], lines: [Int]) {
        (self.pan, self.par, self.lines) = (pan, par, lines)
        count = lines.count
        panVaries = pan.map { column in column.contains { $0 != column[0] } }
        parVaries = par.map { column in column.contains { $0 != column[0] } }
        let varying = zip(par, parVaries).filter(\.1).map(\.0)
        let alphabet = PARAlphabet(varying)
        self.alphabet = alphabet
        values = par.map { column in column.map { alphabet.value(of: $0) } }
        smallestBase = values.map { column in
            let largest = column.max() ?? Self.noValue
            return largest < 10 ? 10 : largest < 16 ? 16 : largest < 36 ? 36 : 0
        }
        logChance = zip(smallestBase, parVaries).map { base, varies in
            varies ? -log(Double(min(base == 0 ? .max : base, alphabet.distinctCount))) : 0
        }
    }

    /// Returns a table of the first rows, with the PARs in another order.
    ///
    /// - Parameter order: The rows whose PARs to use, one for each row to keep.
    /// - Returns: The table.
    func shuffled(_ order: [Int]) -> AuditTable {
        AuditTable(
            pan: pan.map { Array($0[..<order.count]) },
            par: par.map { column in order.map { column[$0] } },
            lines: Array(lines[..<order.count])
        )
    }

    /// The rows on which relations are looked for.
    var searchRows: Range<Int> { 0..<min(count, Self.searchCount) }

    /// The number of characters at the start that are not part of the reference.
    var prefixCount: Int {
        switch par.count {
        case 27: 2
        case 29: 4
        default: parVaries.firstIndex(of: true) ?? par.count
        }
    }

    /// Returns the logarithm of the probability that a guess of several characters is right.
    func logChance(of places: some Sequence<Int>) -> Double { places.reduce(0) { $0 + logChance[$1] } }

    /// Returns the logarithm of the probability that a guess of several characters is right.
    ///
    /// If the characters have too few values to be random, it is the share of the most frequent value.
    func cautiousLogChance(of places: [Int]) -> Double {
        let chance = logChance(of: places)
        var (counts, repeats): ([[UInt8]: Int], Int) = ([:], 0)
        for row in searchRows {
            let characters = characters(row, at: places)
            repeats += counts[characters] == nil ? 0 : 1
            counts[characters, default: 0] += 1
        }
        let values = log(Double(counts.count)) + chance
        guard Chance.ofAtLeast(repeats, of: searchRows.count - 1, logChance: values) < log(0.001) else { return chance }
        return max(chance, log(Double(counts.values.max() ?? 1) / Double(searchRows.count)))
    }

    /// Returns the characters of a row at some positions.
    func characters(_ row: Int, at places: [Int]) -> [UInt8] { places.map { par[$0][row] } }
}

/// The characters that PARs consist of.
struct PARAlphabet {
    /// The number of different characters, 2 or more.
    let distinctCount: Int
    /// The size of the smallest common alphabet that contains them: 10, 16, 36, 62 or 94.
    let size: Int
    /// Whether letters of both cases appear.
    let isMixedCase: Bool
    /// Whether letters appear, all in lower case.
    let isLowerCase: Bool

    /// Finds the alphabet of some columns of characters.
    init(_ columns: [[UInt8]]) {
        var seen = [Bool](repeating: false, count: 256)
        for column in columns { for character in column { seen[Int(character)] = true } }
        let found = (0..<256).filter { seen[$0] }.map { UInt8($0) }
        let hasUpper = found.contains { $0 &- 0x41 < 26 }
        let hasLower = found.contains { $0 &- 0x61 < 26 }
        isMixedCase = hasUpper && hasLower
        isLowerCase = hasLower && !hasUpper
        distinctCount = max(2, found.count)
        let isAlphanumeric = found.allSatisfy { $0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 26 }
        let largest = found.map { ($0 | 0x20) }.max() ?? 0
        if !isAlphanumeric {
            size = 94
        } else if isMixedCase {
            size = 62
        } else {
            size = largest <= 0x39 ? 10 : largest <= 0x66 ? 16 : 36
        }
    }

    /// The name of the alphabet, in a sentence.
    var name: String {
        switch size {
        case 10: "decimal digits"
        case 16: "hexadecimal digits"
        case 36: "digits and \(isLowerCase ? "lower" : "upper")-case letters"
        case 62: "digits and letters of both cases"
        default: "printable characters"
        }
    }

    /// Returns a character's value as a digit in base 36.
    func value(of character: UInt8) -> UInt8 {
        if character &- 0x30 < 10 { return character - 0x30 }
        guard !isMixedCase, (character | 0x20) &- 0x61 < 26 else { return AuditTable.noValue }
        return (character | 0x20) - 0x61 + 10
    }

    /// Returns the character of a digit in base 36.
    func character(of value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : (isLowerCase ? 0x61 : 0x41) + value - 10
    }

    /// Returns the digits of a number in ASCII.
    func digits(_ number: UInt64, base: UInt64, count: Int) -> [UInt8] {
        var (rest, digits) = (number, [UInt8]())
        for _ in 0..<count {
            digits.append(character(of: UInt8(rest % base)))
            rest /= base
        }
        return digits.reversed()
    }
}
