internal import KMSecurity

/// The result of running one vector file.
///
/// Every test of the file is counted once: as passed, failed or skipped.
public struct VectorReport: Sendable {
    /// The path or name of the file, as the caller gave it.
    public let file: String
    /// The operation or algorithm that the file names.
    ///
    /// Card numbers in the name are masked. The name is empty when the file could not be read that far.
    public internal(set) var operation = "" {
        didSet { operation = MessageMasking.apply(to: operation) }
    }
    /// The number of tests that passed.
    public internal(set) var passed = 0
    /// The failed tests, in the order of the file.
    ///
    /// An invalid file has exactly one failure, whose ``VectorFailure/id`` is nil. None of its tests count.
    public internal(set) var failures: [VectorFailure] = []
    /// The tests that this package's API does not support, in the order of the file, each with the reason.
    public internal(set) var skips: [VectorSkip] = []

    /// The number of passed, failed and skipped tests together.
    ///
    /// It equals the number of tests in the file, or 1 for an invalid file.
    public var total: Int { passed + failures.count + skips.count }
    /// Whether no test failed and the file is valid.
    public var isSuccess: Bool { failures.isEmpty }

    init(file: String) {
        self.file = file
    }

    /// Counts one test as passed when `deviations` is empty, and as failed otherwise.
    mutating func count(_ id: Int, _ comment: String, deviations: [String]) {
        if deviations.isEmpty {
            passed += 1
        } else {
            failures.append(VectorFailure(id: id, comment: comment, reason: deviations.joined(separator: "; ")))
        }
    }
}

/// A test whose outcome differs from what its file expects, or an invalid file.
///
/// A failure contains no input and no output of a test. Card numbers in texts from the file are masked.
public struct VectorFailure: Sendable, CustomStringConvertible {
    /// The test's id in its file, or nil when the file itself is invalid.
    public let id: Int?
    /// The comment on the test in the file.
    public let comment: String
    /// What was expected, and what was found.
    public let reason: String

    init(id: Int?, comment: String, reason: String) {
        self.id = id
        self.comment = MessageMasking.apply(to: comment)
        self.reason = MessageMasking.apply(to: reason)
    }

    /// The id, comment and reason in one line.
    public var description: String {
        guard let id else { return reason }
        return comment.isEmpty ? "\(id): \(reason)" : "\(id) (\(comment)): \(reason)"
    }
}

/// A test that did not run, with the reason.
public struct VectorSkip: Sendable, CustomStringConvertible {
    /// The test's id in its file.
    public let id: Int
    /// Why this package's API does not support the test.
    public let reason: String

    init(id: Int, reason: String) {
        self.id = id
        self.reason = MessageMasking.apply(to: reason)
    }

    /// The id and reason in one line.
    public var description: String { "\(id): \(reason)" }
}
