internal import KMSecurity

/// What came of one vector file.
///
/// Every test of it is counted once: as passed, as a failure, or as a skip.
public struct VectorReport: Sendable {
    /// The file's path, as it was given.
    public let file: String
    /// The operation that the file is about, in the file's own words, but for card numbers, which are masked; empty where
    /// it does not say.
    public internal(set) var operation = "" {
        didSet { operation = MessageMasking.apply(to: operation) }
    }
    /// How many tests came out as they should.
    public internal(set) var passed = 0
    /// The tests that did not, in the file's order; one without an id where the file itself is not as it should be, in
    /// which case none of its tests ran.
    public internal(set) var failures: [VectorFailure] = []
    /// The tests that this package's API does not reach, in the file's order, each with the reason.
    public internal(set) var skips: [VectorSkip] = []

    /// All of them: the file's own number of tests, or 1 for a file that is not as it should be.
    public var total: Int { passed + failures.count + skips.count }
    /// Whether nothing failed.
    public var isSuccess: Bool { failures.isEmpty }

    init(file: String) {
        self.file = file
    }

    /// Counts one test, whose deviations from what is due are given.
    mutating func count(_ id: Int, _ comment: String, deviations: [String]) {
        if deviations.isEmpty {
            passed += 1
        } else {
            failures.append(VectorFailure(id: id, comment: comment, reason: deviations.joined(separator: "; ")))
        }
    }
}

/// A test that did not come out as its file says, or a file that is not as it should be.
///
/// It holds no input and no output of a test, and card numbers in the file's own words are masked.
public struct VectorFailure: Sendable, CustomStringConvertible {
    /// The test's number in its file, or nil for the file itself.
    public let id: Int?
    /// What the file says of the test.
    public let comment: String
    /// What was due, and what was found.
    public let reason: String

    init(id: Int?, comment: String, reason: String) {
        self.id = id
        self.comment = MessageMasking.apply(to: comment)
        self.reason = MessageMasking.apply(to: reason)
    }

    /// All of it in one line.
    public var description: String {
        guard let id else { return reason }
        return comment.isEmpty ? "\(id): \(reason)" : "\(id) (\(comment)): \(reason)"
    }
}

/// A test that was left out.
public struct VectorSkip: Sendable, CustomStringConvertible {
    /// The test's number in its file.
    public let id: Int
    /// Why this package's API does not reach it.
    public let reason: String

    init(id: Int, reason: String) {
        self.id = id
        self.reason = MessageMasking.apply(to: reason)
    }

    /// All of it in one line.
    public var description: String { "\(id): \(reason)" }
}
