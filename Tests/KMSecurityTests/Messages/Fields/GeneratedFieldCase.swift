import Foundation
import KMSecurityTestSupport
import KMTestSupport

@testable import KMSecurity

/// A generated document, paths that do not overlap, and the outcome that the reference expects.
struct GeneratedFieldCase: CustomStringConvertible {
    /// The seeds of property tests: 1 to 24, or the one in `KMSEC_FIELD_SEED`, to reproduce a failure or to try others.
    static let seeds: [UInt64] = {
        if let text = ProcessInfo.processInfo.environment["KMSEC_FIELD_SEED"], let seed = UInt64(text) { return [seed] }
        return Array(1...24)
    }()

    let text: [UInt8]
    let paths: [String]
    let selection: FieldSelection
    /// Pairs of paths of which the first can match a value that contains the second's.
    let overlaps: [(holder: String, held: String)]
    /// The matched values, in the order of the text.
    let hits: [(range: Range<Int>, path: String)]
    /// The expected errors, of which one must be thrown; if there are none, the document must be sealed.
    let codes: Set<KMError.Code>

    var description: String { "\(paths), \(selection.presence), in \(text.text)" }

    init(seed: UInt64, number: Int) throws {
        let shapes = FieldDocumentGenerator.Shape.allCases
        var maker = FieldDocumentGenerator(
            shapes[number % shapes.count],
            SeededGenerator(seed: seed &* 1000 &+ UInt64(number))
        )
        text = maker.make()
        let document = try ReferenceJSON(text)
        var pathMaker = FieldPathGenerator(random: maker.random)
        var chosen: [(path: ReferencePath, spelling: String)] = []
        var overlaps: [(String, String)] = []
        for _ in 0...pathMaker.random.below(5) {
            let path = pathMaker.path(in: document)
            let spelling = pathMaker.spelling(of: path)
            let holders = chosen.filter { $0.path.overlaps(path) }.map { ($0.spelling, spelling) }
            let held = chosen.filter { path.overlaps($0.path) }.map { (spelling, $0.spelling) }
            overlaps += holders + held
            if holders.isEmpty && held.isEmpty { chosen.append((path, spelling)) }
        }
        self.overlaps = overlaps
        paths = chosen.map(\.spelling)
        let choice = pathMaker.random.below(3)
        selection = try FieldSelection(paths, presence: [.everyItem, .atLeastOnce, .optional][choice])
        let requirement = [ReferenceRequirement.everyItem, .atLeastOnce, .optional][choice]
        let matches = ReferenceMatches(chosen.map(\.path), requirement, in: document)
        codes = Set(matches.codes.map { KMError.Code($0) })
        hits = matches.matches.map { ($0.value.range, $0.path ?? "") }
    }
}
