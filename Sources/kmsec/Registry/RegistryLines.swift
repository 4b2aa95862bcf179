import KMPARRegistry
import KMPrimitives
import KMSecurity

/// Uses a registry for each line of a batch, many lines at the same time.
struct RegistryLines: Sendable {
    /// What a line has: a card number, and after a comma a PAR or another card number.
    enum Form: Sendable {
        case card
        case cardAndOptionalPAR
        case cardAndPAR
        case twoCards

        var text: String {
            switch self {
            case .card: "one card number"
            case .cardAndOptionalPAR: "a card number, or a card number, a comma and a PAR"
            case .cardAndPAR: "a card number, a comma and a PAR"
            case .twoCards: "two card numbers with a comma between them"
            }
        }
    }

    /// The content of a line.
    struct Line: Sendable {
        let pan: PAN
        var par: PAR?
        var other: PAN?
    }

    /// The largest number of lines of one batch that are in progress.
    private static let parallelCount = 2048

    let form: Form
    /// Whether a line is finished before the next one begins.
    let isOrdered: Bool
    /// Whether the PARs are written.
    let hasOutput: Bool
    /// Uses the registry for a line, and returns the PAR.
    let use: @Sendable (Line) async throws -> PAR

    /// Uses the registry for the lines of a batch.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - skipped: The number of lines to skip at the beginning.
    /// - Returns: The PARs, if they are written, and the errors of single lines.
    /// - Throws: ``KMError`` that concerns all lines, such as `registryUnavailable`.
    func transform(_ batch: LineReader.Batch, skipping skipped: Int) async throws -> TransformedLines {
        guard !batch.isOverlong else { return try .ofOverlongLine(hasOutput: hasOutput) }
        var lines: [Result<Line, KMError>] = []
        try batch.forEachLine(after: skipped) { line in
            do {
                lines.append(.success(try parse(line)))
            } catch let error as KMError where error.code != .cryptographyUnavailable {
                lines.append(.failure(error))
            }
        }
        let results = try await results(of: lines)
        var output = try SecretBuffer(capacity: hasOutput ? 30 * lines.count : 1)
        var faults: [(line: Int, error: KMError)] = []
        for (index, result) in results.enumerated() {
            switch result {
            case .success(let par): if hasOutput { try output.append(par) }
            case .failure(let error): faults.append((index, error))
            }
            if hasOutput { try output.append(UInt8(ascii: "\n")) }
        }
        return TransformedLines(output: output.finish(), lineCount: lines.count, faults: faults)
    }

    private func results(of lines: [Result<Line, KMError>]) async throws -> [Result<PAR, KMError>] {
        var results = lines.map { $0.flatMap { _ in Result<PAR, KMError>.failure(KMError(.registryUnavailable)) } }
        try await withThrowingTaskGroup(of: (Int, Result<PAR, KMError>).self) { group in
            var running = 0
            for (index, line) in lines.enumerated() {
                guard case .success(let line) = line else { continue }
                if running == (isOrdered ? 1 : Self.parallelCount), let (done, result) = try await group.next() {
                    results[done] = result
                    running -= 1
                }
                group.addTask { (index, try await result(of: line)) }
                running += 1
            }
            for try await (done, result) in group { results[done] = result }
        }
        return results
    }

    private func result(of line: Line) async throws -> Result<PAR, KMError> {
        do {
            return .success(try await use(line))
        } catch let error as KMError where Self.codesOfLines.contains(error.code) {
            return .failure(error)
        }
    }

    /// The errors that concern one line only.
    private static let codesOfLines: Set<KMError.Code> = [
        .cardUnknown, .cardConflict, .cardReplaced, .parUnknown, .parErased,
    ]

    private func parse(_ line: Span<UInt8>) throws -> Line {
        try ByteOrderMark.check(line, .panMalformed)
        var end = line.count
        if end > 0, line[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        let comma = line.indices.first { line[$0] == UInt8(ascii: ",") } ?? end
        let first = line.extracting(0..<comma)
        let second = comma < end ? line.extracting(comma + 1..<end) : nil
        switch (form, second) {
        case (.card, nil), (.cardAndOptionalPAR, nil): return Line(pan: try PAN(first))
        case (.twoCards, let second?): return Line(pan: try PAN(first), other: try PAN(second))
        case (.cardAndPAR, let second?), (.cardAndOptionalPAR, let second?):
            return Line(pan: try PAN(first), par: try PAR(characters: second))
        default: throw KMError(.lineMalformed, "expected \(form.text)")
        }
    }
}

extension PAR {
    /// Creates a PAR from its characters.
    fileprivate init(characters: Span<UInt8>) throws {
        guard characters.count <= 64, let text = try? UTF8Span(validating: characters) else {
            throw KMError(.parMalformed, "a PAR must have 27 or 29 characters")
        }
        try self.init(String(copying: text))
    }
}

extension KMError.Code {
    /// A line does not have the fields that the command needs.
    static let lineMalformed = Self("lineMalformed")
}
