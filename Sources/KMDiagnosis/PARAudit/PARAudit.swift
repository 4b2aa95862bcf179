public import KMCards
internal import KMPrimitives

/// Finds out whether PARs leak their PANs, from pairs of both.
///
/// A PAR must not lead back to its PAN. A scheme without a key, or with a weak one, shows in a few pairs. Its PARs sort as the
/// PANs do, contain their digits, differ from them by a constant, repeat where PANs repeat, or are hashes that anyone
/// can compute. The audit tries some millions of such relations. It fits each to some of the pairs, predicts the others,
/// and reports a relation only if unrelated PARs would hardly ever be predicted as well. Of 100 audits of unrelated PARs,
/// at most one reports anything.
///
///     var audit = PARAudit()
///     for (pan, par) in pairs { try audit.append(pan: pan, par: par) }
///     let report = try audit.report()
///     for finding in report.findings { print(finding.sentence) }
///
/// Ten pairs are enough for most relations. A report without findings is no proof: it lists what the audit would have
/// found with these pairs. The audit takes any number of pairs in constant memory. It compares a sample of them,
/// and counts the characters of more. It does not erase its copy of the sample's digits from memory.
public struct PARAudit: Sendable {
    /// The smallest number of different PANs of one length, with PARs of one length, that can be audited.
    public static let minimumPairCount = 4
    /// The accepted numbers of characters of a PAR, of any scheme.
    public static let parCharacterCounts = 1...64

    /// The largest number of pairs that are compared.
    static let sampleCount = 1024

    private var sample: [AuditPair] = []
    private var numbers = SampleNumbers()
    private var counts: [Int: CharacterCounts] = [:]
    private var byPAN = RepeatTable()
    private var byPAR = RepeatTable()
    /// The number of pairs.
    public private(set) var pairCount = 0

    /// Creates an audit without pairs.
    public init() {}

    /// Adds a pair.
    ///
    /// - Parameters:
    ///   - pan: The PAN.
    ///   - par: The PAR of any scheme, 1 to 64 printable ASCII characters without spaces and commas.
    /// - Throws: ``KMError`` `parMalformed` if the PAR has another length or other characters.
    public mutating func append(pan: PAN, par: String) throws {
        let characters = Array(par.utf8)
        try pan.withDigits { try append(digits: $0, par: characters.span) }
    }

    /// Adds a pair.
    ///
    /// - Parameters:
    ///   - digits: The digits of the PAN in ASCII.
    ///   - par: The characters of the PAR in ASCII.
    ///   - line: The number of the pair for the report; the number of pairs if it is nil.
    /// - Throws: ``KMError`` `panMalformed`, `panLengthInvalid` or `panCheckDigitInvalid` for the PAN; `parMalformed` for
    ///   the PAR. No detail contains any of the digits or characters.
    package mutating func append(digits: Span<UInt8>, par: Span<UInt8>, line: Int? = nil) throws {
        try PAN.check(digits)
        guard Self.parCharacterCounts.contains(par.count) else {
            throw KMError(.parMalformed, "a PAR must have 1 to 64 characters; got \(par.count)")
        }
        for index in par.indices where !(0x21...0x7E).contains(par[index]) || par[index] == UInt8(ascii: ",") {
            throw KMError(
                .parMalformed,
                "a PAR must contain only printable ASCII characters without spaces and commas; character "
                    + "\(index + 1) does not fit"
            )
        }
        pairCount += 1
        let line = line ?? pairCount
        let characters = Array(copying: par)
        let (panKey, parKey) = (Self.fingerprint(digits), Self.fingerprint(par))
        // A pair that is repeated in the input does not make its characters more frequent.
        if byPAN.add(panKey, value: parKey, line: line) {
            counts[characters.count, default: CharacterCounts(length: characters.count)].add(characters)
        }
        byPAR.add(parKey, value: panKey, line: line)
        guard let place = place() else { return }
        let pair = AuditPair(
            pan: digits.indices.map { digits[$0] - 0x30 },
            par: characters,
            line: line
        )
        if place == sample.count { sample.append(pair) } else { sample[place] = pair }
    }

    /// Returns the place of the next pair in the sample, or nil if the sample goes without it.
    ///
    /// Each pair of the input is in the sample with the same probability.
    private mutating func place() -> Int? {
        if sample.count < Self.sampleCount { return sample.count }
        let place = numbers.below(pairCount)
        return place < Self.sampleCount ? place : nil
    }

    /// Looks for relations between the PANs and the PARs of all pairs that were added.
    ///
    /// - Returns: The report.
    /// - Throws: ``KMError`` `pairsTooFew` if there are fewer than ``minimumPairCount`` different PANs of one length with
    ///   PARs of one length.
    public func report() throws -> PARAuditReport {
        let pairs = comparable()
        guard pairs.count >= Self.minimumPairCount, let first = pairs.first else {
            throw KMError(
                .pairsTooFew,
                "an audit needs \(Self.minimumPairCount) or more pairs, with different PANs of one length and PARs of one "
                    + "length; got \(pairs.count); ten or more are better"
            )
        }
        let table = AuditTable(pairs)
        let counts = counts[first.par.count] ?? CharacterCounts(length: first.par.count)
        return AuditJudge(table: table, counts: counts, byPAN: byPAN, byPAR: byPAR, pairCount: pairCount).report()
    }

    /// Returns the pairs of the sample with the most frequent lengths, one for each PAN, in the order of the input.
    private func comparable() -> [AuditPair] {
        let groups = Dictionary(grouping: sample) { [$0.pan.count, $0.par.count] }
        let largest = groups.max { ($0.value.count, $1.key[1], $1.key[0]) < ($1.value.count, $0.key[1], $0.key[0]) }
        var seen: Set<[UInt8]> = []
        return (largest?.value ?? []).sorted { $0.line < $1.line }.filter { seen.insert($0.pan).inserted }
    }

    /// Returns a number that is different for different texts, except by a chance of one in 2^64.
    private static func fingerprint(_ text: Span<UInt8>) -> UInt64 {
        var number = UInt64(text.count)
        for index in text.indices { number = SampleNumbers.mixed(number &* 257 &+ UInt64(text[index]) &+ 1) }
        return number
    }
}

extension PARAudit: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The number of pairs, without any of them.
    public var description: String { "PARAudit(\(pairCount) pairs)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children, so that `dump` prints nothing of the pairs.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension KMError.Code {
    /// There are too few pairs of a PAN and a PAR to audit.
    public static let pairsTooFew = Self("pairsTooFew")
}
