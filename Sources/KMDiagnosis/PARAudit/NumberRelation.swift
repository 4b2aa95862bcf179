/// A relation between a number from the PAN, or the number of the pair in the file, and a number from the PAR.
struct NumberRelation {
    enum Kind {
        /// The PAR's number is the other plus a constant.
        case offset
        /// The PAR's number is the other XOR a constant.
        case xor
        /// The PAR's number is the other times a constant, plus a constant.
        case affine
    }

    let kind: Kind
    let reading: NumberReading
    /// The PAN's digits; nil for the number of the pair in the file.
    let panPlaces: Range<Int>?
    let parPlaces: Range<Int>

    /// The constants of a relation, and the rows that they come from.
    struct Fit {
        let factor: UInt64
        let constant: UInt64
        let rows: Set<Int>
    }

    private var modulus: UInt64 { reading.modulus(parPlaces.count) }

    /// Returns the number that the relation takes from a row.
    private func numbers(_ table: AuditTable, rows: Range<Int>) -> [UInt64] {
        if let panPlaces, kind == .affine {
            return table.panSteps(panPlaces, base: reading.panBase, rows: rows).map { $0 % modulus }
        }
        if let panPlaces {
            return table.panNumbers(panPlaces, base: reading.panBase, modulus: modulus, rows: rows)
        }
        return rows.map { UInt64(table.lines[$0]) % modulus }
    }

    private func apply(_ fit: Fit, to number: UInt64) -> UInt64 {
        kind == .xor
            ? number ^ fit.constant
            : (Modular.product(number, fit.factor, modulus) + fit.constant) % modulus
    }

    /// Finds the constants that describe the most rows.
    ///
    /// - Parameter table: The pairs.
    /// - Returns: The constants and the number of rows that they describe, or nil if there are none.
    func best(_ table: AuditTable) -> (fit: Fit, count: Int)? {
        let rows = table.searchRows
        let numbers = numbers(table, rows: rows)
        let results = table.parNumbers(parPlaces, base: reading.base, rows: rows)
        guard kind == .affine else { return mostFrequent(numbers, results) }
        var best: (fit: Fit, count: Int)?
        for (first, second) in Self.fits(numbers, base: reading.base) {
            guard let low = results[first], let high = results[second],
                let inverse = Modular.inverse(Modular.difference(numbers[second], numbers[first], modulus), modulus)
            else { continue }
            let factor = Modular.product(Modular.difference(high, low, modulus), inverse, modulus)
            let start = Modular.product(numbers[first], factor, modulus)
            let fit = Fit(
                factor: factor,
                constant: Modular.difference(low, start, modulus),
                rows: [first, second]
            )
            let count = rows.count { results[$0] == apply(fit, to: numbers[$0]) }
            if count > best?.count ?? 0 { best = (fit, count) }
        }
        return best
    }

    private func mostFrequent(_ numbers: [UInt64], _ results: [UInt64?]) -> (fit: Fit, count: Int)? {
        let constants = zip(numbers, results).enumerated().compactMap { row, pair -> (UInt64, Int)? in
            guard let result = pair.1 else { return nil }
            return (kind == .xor ? result ^ pair.0 : Modular.difference(result, pair.0, modulus), row)
        }.sorted { $0 < $1 }
        var (best, count, start): (Int?, Int, Int) = (nil, 0, 0)
        for index in constants.indices {
            if constants[index].0 != constants[start].0 { start = index }
            if index - start + 1 > count { (best, count) = (start, index - start + 1) }
        }
        return best.map { (Fit(factor: 1, constant: constants[$0].0, rows: [constants[$0].1]), count) }
    }

    /// Returns pairs of rows, no row in two of them, whose numbers differ by an invertible number.
    ///
    /// One wrong pair in five is in at most two of the three fits of ten rows.
    static func fits(_ numbers: [UInt64], base: UInt64) -> [(Int, Int)] {
        var (fits, free): ([(Int, Int)], [Int]) = ([], Array(numbers.indices))
        while fits.count < 3, let first = free.first {
            free.removeFirst()
            let partner = free.firstIndex { row in
                let difference = Modular.difference(numbers[row] % base, numbers[first] % base, base)
                return difference % 2 == 1 && (base == 16 || (base == 10 ? difference % 5 != 0 : difference % 3 != 0))
            }
            if let partner { fits.append((first, free.remove(at: partner))) }
        }
        return fits
    }

    /// Returns the candidate for this relation with constants that were found.
    func candidate(_ table: AuditTable, _ fit: Fit, logTests: Double) -> Candidate {
        let numbers = numbers(table, rows: 0..<table.count)
        let (alphabet, count) = (table.alphabet, parPlaces.count)
        return Candidate(
            relation: relation,
            sentence: sentence,
            panPlaces: Array(panPlaces ?? 0..<0),
            parPlaces: Array(parPlaces),
            fitRows: fit.rows,
            logTests: logTests,
            predict: { row in
                let number = apply(fit, to: numbers[row])
                return number < modulus ? alphabet.digits(number, base: reading.base, count: count) : []
            },
            describedCount: { best($0)?.count ?? 0 }
        )
    }

    private var relation: PARFinding.Relation {
        guard panPlaces != nil else { return .counter }
        return switch kind {
        case .offset: .numberSum
        case .xor: .numberXOR
        case .affine: .affine
        }
    }

    private var sentence: String {
        let par = "\(Places.par(Array(parPlaces))), read as a \(reading.name) number,"
        guard let panPlaces else {
            return "\(par) \(kind == .offset ? "count the lines" : "grow by the same amount from line to line")"
                + " of the file."
        }
        let pan = "\(Places.pan(Array(panPlaces)))\(reading.panName)"
        let modulus = "modulo \(reading.base)^\(parPlaces.count)"
        return switch kind {
        case .offset: "\(par) are \(pan) plus a constant, \(modulus)."
        case .xor: "\(par) are \(pan) XOR a constant, \(modulus)."
        case .affine: "\(par) are \(pan) times a constant, plus a constant, \(modulus)."
        }
    }
}
