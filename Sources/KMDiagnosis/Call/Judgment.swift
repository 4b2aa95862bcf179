/// What a judge found in one message: every check in the order in which a receiver makes them.
///
/// The texts are for developers, in English. They contain lengths, positions, times, masked ids and the names of members and
/// algorithms, but no plaintext, key, MAC or card number. The names of steps and causes do not change between versions.
public struct Judgment: Sendable, Hashable, Codable {
    /// Whether a receiver accepts the message.
    public enum Verdict: String, Sendable, Hashable, Codable {
        /// All checks passed.
        case accepted
        /// A check failed.
        case rejected
        /// No check failed, but some could not be made, for example because a key is missing.
        case undecided
    }

    /// A check of a message.
    public struct Step: Sendable, Hashable, Codable {
        /// The checks, in the order in which they are made.
        ///
        /// A request has no ``status``. A response has no ``endpoint``, ``times``, ``caller``, ``token``, ``freshness`` and
        /// ``replay``.
        public enum Name: String, Sendable, Hashable, Codable, CaseIterable {
            /// The method and the path are in the endpoint table.
            case endpoint
            /// The HTTP status is 200, or 400 with a result of the platform.
            case status
            /// The body is not too large.
            case size
            /// Each header is present once and has its form.
            case headers
            /// The times in the headers agree with each other.
            case times
            /// The receiver knows the caller.
            case caller
            /// The token is the MAC of the body under the caller's secret key.
            case token
            /// The token's time is near the receiver's clock.
            case freshness
            /// The caller may use the crypto key, and the receiver has it.
            case key
            /// The body is encrypted as the endpoint requires, in the right form.
            case protection
            /// The receiver has not seen the message before.
            case replay
            /// The body decrypts.
            case decryption
            /// The parameters follow the rules of the API page.
            case parameters
        }

        /// The outcome of a check.
        public enum Outcome: String, Sendable, Hashable, Codable {
            /// The message fulfils what the step requires.
            case passed
            /// The message violates what the step requires.
            case failed
            /// The step could not be checked, or an earlier one makes it meaningless.
            case notChecked
        }

        /// The check.
        public let name: Name
        /// The outcome.
        public let outcome: Outcome
        /// What the step requires.
        public let expected: String
        /// What was found.
        public let found: String
        /// The zero-based position of the first byte that is wrong or differs, and what it is a position in; nil if there is
        /// none.
        public let difference: Difference?
        /// The name of the likely cause, such as `body-json-spaced`; nil if none is known.
        public let cause: String?
        /// What the sender should change; nil if nothing is wrong.
        public let fix: String?

        /// Creates a step.
        package init(
            _ name: Name,
            _ outcome: Outcome,
            expected: String,
            found: String,
            difference: Difference? = nil,
            cause: String? = nil,
            fix: String? = nil
        ) {
            self.name = name
            self.outcome = outcome
            self.expected = expected
            self.found = found
            self.difference = difference
            self.cause = cause
            self.fix = fix
        }
    }

    /// The place of the first byte that is wrong, or that differs from what the sender signed or should have sent.
    public struct Difference: Sendable, Hashable, Codable {
        /// What the offset counts in, such as `body` or `X-KM-Correlation-Id`.
        public let place: String
        /// The zero-based position of the byte.
        public let offset: Int
        /// The expected byte as text, such as `"` or `0x0A`; nil if the expected text ends here, or must not be shown.
        public let expected: String?
        /// The byte that was found; nil if the found text ends here, or must not be shown.
        public let found: String?

        /// Creates a place.
        package init(place: String, offset: Int, expected: String? = nil, found: String? = nil) {
            self.place = place
            self.offset = offset
            self.expected = expected
            self.found = found
        }
    }

    /// Whether a receiver accepts the message.
    public let verdict: Verdict
    /// The code of the error with which the receiver rejects the message, such as `tokenMismatch`; nil if it does not.
    public let code: String?
    /// One sentence about the message, such as `accepted; the correlation id was made 40 s before`.
    public let summary: String
    /// All steps in their order.
    public let steps: [Step]
    /// Warnings about a message that passes all checks, such as a real-looking card number.
    public let warnings: [String]

    /// Creates a judgment.
    package init(verdict: Verdict, code: String?, summary: String, steps: [Step], warnings: [String] = []) {
        self.verdict = verdict
        self.code = code
        self.summary = summary
        self.steps = steps
        self.warnings = warnings
    }

    /// Returns this judgment with a further warning.
    package func adding(warning: String) -> Judgment {
        Judgment(verdict: verdict, code: code, summary: summary, steps: steps, warnings: warnings + [warning])
    }

    /// The first step that failed.
    public var firstFailure: Step? { steps.first { $0.outcome == .failed } }
}
