internal import KMPrimitives

/// Something that is wrong in a step.
struct Fault {
    /// The code of the error with which a receiver rejects the message.
    let code: KMError.Code
    /// What was found.
    let found: String
    /// The name of the cause, and what to change.
    let mistake: Mistake
    let difference: Judgment.Difference?

    init(_ code: KMError.Code, _ found: String, _ mistake: Mistake, _ difference: Judgment.Difference? = nil) {
        self.code = code
        self.found = found
        self.mistake = mistake
        self.difference = difference
    }

    init(
        _ code: KMError.Code,
        _ found: String,
        _ cause: CallCause,
        fix: String? = nil,
        at difference: Judgment.Difference? = nil
    ) {
        self.init(code, found, Mistake(name: cause.rawValue, advice: fix ?? cause.fix), difference)
    }
}

/// A step of a judgment, with the code of the error that a receiver reports for it.
struct JudgedStep {
    let step: Judgment.Step
    /// The code of the first fault; nil if the step did not fail.
    let code: KMError.Code?

    var name: Judgment.Step.Name { step.name }
    var outcome: Judgment.Step.Outcome { step.outcome }

    static func passed(_ name: Judgment.Step.Name, _ expected: String, _ found: String) -> JudgedStep {
        JudgedStep(step: .init(name, .passed, expected: expected, found: found), code: nil)
    }

    static func notChecked(_ name: Judgment.Step.Name, _ expected: String, _ found: String) -> JudgedStep {
        JudgedStep(step: .init(name, .notChecked, expected: expected, found: found), code: nil)
    }

    /// A step with faults in the order in which a receiver reports them; passed if there are none.
    static func judged(
        _ name: Judgment.Step.Name,
        _ expected: String,
        _ faults: [Fault],
        otherwise found: String
    ) -> JudgedStep {
        guard let first = faults.first else { return passed(name, expected, found) }
        let step = Judgment.Step(
            name,
            .failed,
            expected: expected,
            found: unique(faults.map(\.found)).joined(separator: "; "),
            difference: faults.lazy.compactMap(\.difference).first,
            cause: unique(faults.map(\.mistake.name)).joined(separator: "+"),
            fix: unique(faults.map(\.mistake.advice)).joined(separator: "; ")
        )
        return JudgedStep(step: step, code: first.code)
    }

    private static func unique(_ texts: [String]) -> [String] {
        var seen = Set<String>()
        return texts.filter { seen.insert($0).inserted }
    }
}

extension Judgment.Difference {
    /// The first byte in which two texts differ; nil if they are equal.
    ///
    /// - Parameters:
    ///   - place: What the offset counts in.
    ///   - expected: The bytes that should be there.
    ///   - found: The bytes that are there.
    ///   - showsLetters: Whether letters and digits are shown, because they belong to no secret and no card number.
    init?(place: String, expected: [UInt8], found: [UInt8], showsLetters: Bool = false) {
        guard expected != found else { return nil }
        let offset = zip(expected, found).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        let at = offset ?? min(expected.count, found.count)
        self.init(
            place: place,
            offset: at,
            expected: at < expected.count ? Self.text(expected[at], showsLetters) : nil,
            found: at < found.count ? Self.text(found[at], showsLetters) : nil
        )
    }

    /// The place of a byte that is wrong.
    init(place: String, offset: Int, in text: [UInt8], showsLetters: Bool = false) {
        self.init(
            place: place,
            offset: offset,
            found: offset >= 0 && offset < text.count ? Self.text(text[offset], showsLetters) : nil
        )
    }

    /// A byte as text; nil for letters and digits that can belong to a secret or a card number.
    private static func text(_ byte: UInt8, _ showsLetters: Bool) -> String? {
        if byte.isAlphanumeric, !showsLetters { return nil }
        if byte > 0x20, byte < 0x7F { return String(UnicodeScalar(byte)) }
        let digits = String(byte, radix: 16, uppercase: true)
        return "0x" + (digits.count == 1 ? "0" : "") + digits
    }
}
