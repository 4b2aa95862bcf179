internal import Foundation
internal import KMPrimitives

/// Looks for PARs that contain a hash of the PAN without a key, or a part of one.
final class HashSearch {
    /// A digest and how it is written.
    private struct Method: Hashable {
        let hash: PlainHash
        let form: HashedForm
        let text: DigestText
    }

    /// A part of a method's text, and where it is in the PAR.
    private struct Match {
        let method: Method
        let character: Int
        let offset: Int
        let count: Int
    }

    private let table: AuditTable
    /// The PARs, in upper case unless letters of both cases appear.
    private let folded: [[UInt8]]
    private var digests: [[Int]: [UInt8]] = [:]

    init(_ table: AuditTable) {
        self.table = table
        folded = table.par.map { column in
            column.map { $0 &- 0x61 < 26 && !table.alphabet.isMixedCase ? $0 - 0x20 : $0 }
        }
    }

    /// Returns the logarithm of the number of relations that the search tries.
    static func logTests(_ table: AuditTable) -> Double {
        let methods = PlainHash.allCases.count * HashedForm.allCases.count * DigestText.allCases.count
        let characters = Double(table.par.count)
        return log(Double(methods) * 128 * characters * characters)
    }

    /// Returns the candidates: for each method and offset, the longest part in all of three rows.
    func candidates() -> [Candidate] {
        // One wrong pair in five is in at most two of three groups of rows.
        let groups = stride(from: 0, to: min(9, table.count - table.count % 3), by: 3).map { Array($0..<($0 + 3)) }
        var found: [Candidate] = []
        for hash in PlainHash.allCases {
            for form in HashedForm.allCases {
                for text in DigestText.allCases {
                    let method = Method(hash: hash, form: form, text: text)
                    for group in groups {
                        guard let texts = texts(method, group) else { continue }
                        found += matches(method, group, texts).map(candidate)
                    }
                }
            }
        }
        return found
    }

    private func texts(_ method: Method, _ rows: [Int]) -> [[UInt8]]? {
        let texts = rows.compactMap { text(method, $0) }
        return texts.count == rows.count ? texts : nil
    }

    private func text(_ method: Method, _ row: Int) -> [UInt8]? {
        digest(method.hash, method.form, row).map {
            method.text.text($0, isMixedCase: table.alphabet.isMixedCase)
        }
    }

    private func digest(_ hash: PlainHash, _ form: HashedForm, _ row: Int) -> [UInt8]? {
        let key = [hash.hashValue, form.hashValue, row]
        if let known = digests[key] { return known }
        let digest = form.digest(table.pan.map { $0[row] + 0x30 }, by: hash)
        digests[key] = digest
        return digest
    }

    /// Returns the parts of at least two characters that are at the same place in all rows of a group.
    private func matches(_ method: Method, _ rows: [Int], _ texts: [[UInt8]]) -> [Match] {
        // For each row and character, the bits of the positions in the PAR at which it has that character.
        let masks = rows.map { row in
            var masks = [UInt64](repeating: 0, count: 128)
            for place in folded.indices where table.parVaries[place] {
                masks[Int(folded[place][row] & 127)] |= 1 << UInt64(place)
            }
            return masks
        }
        var (matches, running): ([Match], UInt64) = ([], 0)
        let length = texts.map(\.count).min() ?? 0
        for offset in 0..<length {
            var equal = UInt64.max
            for index in texts.indices { equal &= masks[index][Int(texts[index][offset])] }
            // A bit that is set in both is the second character of a run; the first one begins the match.
            var begun = (running << 1) & equal
            while begun != 0 {
                let place = begun.trailingZeroBitCount
                begun &= begun - 1
                let match = extended(method, rows, texts, place - 1, offset - 1)
                if !matches.contains(where: { isPart(match, of: $0) }) { matches.append(match) }
            }
            running = equal
        }
        return matches
    }

    private func isPart(_ match: Match, of other: Match) -> Bool {
        let step = match.character - other.character
        return step == match.offset - other.offset && step >= 0 && step < other.count
    }

    private func extended(
        _ method: Method,
        _ rows: [Int],
        _ texts: [[UInt8]],
        _ character: Int,
        _ offset: Int
    ) -> Match {
        var count = 2
        while character + count < folded.count,
            zip(rows, texts).allSatisfy({ row, text in
                offset + count < text.count && text[offset + count] == folded[character + count][row]
            })
        { count += 1 }
        return Match(method: method, character: character, offset: offset, count: count)
    }

    private func candidate(_ match: Match) -> Candidate {
        let places = Array(match.character..<(match.character + match.count))
        let method = match.method
        let isLower = !table.alphabet.isMixedCase && table.alphabet.isLowerCase
        return Candidate(
            relation: .plainHash,
            sentence: "\(Places.par(places)) are characters \(match.offset + 1) to \(match.offset + match.count) of "
                + "\(method.form.name(method.hash)), in \(method.text.name).",
            panPlaces: Array(table.pan.indices),
            parPlaces: places,
            logTests: Self.logTests(table),
            predict: { row in
                guard let text = self.text(method, row), match.offset + match.count <= text.count else { return [] }
                return text[match.offset..<(match.offset + match.count)].map {
                    isLower && $0 &- 0x41 < 26 ? $0 + 0x20 : $0
                }
            },
            describedCount: nil
        )
    }
}
