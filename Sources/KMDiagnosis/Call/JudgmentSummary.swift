internal import KMPrimitives
internal import KMSecurity

/// Puts steps and a receiver's decision together to a judgment.
struct JudgmentSummary {
    /// What to add to the summary of an accepted message.
    let acceptedNote: String?

    /// Makes the judgment; the decision wins where the steps differ from it.
    func judgment(_ steps: [JudgedStep], decision: RequestJudge.Decision, warnings: [String]) -> Judgment {
        var steps = steps
        let verdict: Judgment.Verdict
        let code: KMError.Code?
        switch decision {
        case .accepted:
            verdict = .accepted
            code = nil
            steps = steps.map { $0.name == .parameters ? $0 : $0.accepted }
        case .rejected(let error):
            verdict = .rejected
            code = error.code
            Self.reject(&steps, error)
        case .unknown:
            let failure = steps.first { $0.outcome == .failed }
            let isUndecided = steps.contains { $0.outcome == .notChecked && $0.name != .parameters }
            verdict = failure != nil ? .rejected : isUndecided ? .undecided : .accepted
            code = failure?.code
        }
        return Judgment(
            verdict: verdict,
            code: code?.description,
            summary: summary(verdict, code, steps),
            steps: steps.map(\.step),
            warnings: verdict == .rejected ? [] : warnings
        )
    }

    /// Makes the step fail in which a receiver reports an error, unless a step already failed with its code.
    private static func reject(_ steps: inout [JudgedStep], _ error: KMError) {
        guard !steps.contains(where: { $0.code == error.code }) else { return }
        let name = Judgment.Step.Name(error.code)
        guard let index = steps.firstIndex(where: { $0.name == name }) ?? steps.indices.last else { return }
        let old = steps[index].step
        let detail = error.detail.isEmpty ? error.code.description : error.detail
        let step = Judgment.Step(
            old.name,
            .failed,
            expected: old.expected,
            found: old.outcome == .failed
                ? "\(old.found); the receiver reports: \(detail)" : "the receiver reports: \(detail)",
            difference: old.difference,
            cause: old.cause,
            fix: old.fix ?? "correct what the receiver reports"
        )
        steps[index] = JudgedStep(step: step, code: error.code)
    }

    private func summary(_ verdict: Judgment.Verdict, _ code: KMError.Code?, _ steps: [JudgedStep]) -> String {
        switch verdict {
        case .accepted:
            let parameters = steps.first { $0.outcome == .failed }.map { ", but \($0.step.found)" } ?? ""
            return "accepted\(parameters)\(acceptedNote.map { "; \($0)" } ?? "")"
        case .undecided:
            let open = steps.first { $0.outcome == .notChecked }
            return "undecided\(open.map { ": \($0.name.rawValue) was not checked, because \($0.step.found)" } ?? "")"
        case .rejected:
            let failure =
                steps.first { $0.outcome == .failed && $0.code == code } ?? steps.first { $0.outcome == .failed }
            return "rejected\(failure.map { " at \($0.name.rawValue): \($0.step.found)" } ?? "")"
        }
    }
}

extension JudgedStep {
    /// This step for a message that the receiver accepted.
    fileprivate var accepted: JudgedStep {
        guard outcome == .failed else { return self }
        return .passed(name, step.expected, "accepted by the receiver")
    }
}

extension Judgment.Step.Name {
    /// The step in which a receiver reports an error.
    init(_ code: KMError.Code) {
        self = Self.byCode[code] ?? .parameters
    }

    private static let byCode: [KMError.Code: Judgment.Step.Name] = [
        .endpointUnknown: .endpoint,
        .statusUnexpected: .status,
        .limitExceeded: .size, .bodyTimedOut: .size, .serverBusy: .size,
        .headerMissing: .headers, .headerRepeated: .headers, .headerInvalid: .headers, .tokenMalformed: .headers,
        .timeZoneUnknown: .headers, .correlationMismatch: .headers,
        .timeMismatch: .times,
        .callerUnknown: .caller, .credentialNotValid: .caller, .configurationInvalid: .caller,
        .tokenMismatch: .token,
        .tokenStale: .freshness,
        .keyUnknown: .key, .keyNotActive: .key, .keyHalfMissing: .key, .keyringInvalid: .key,
        .emptyBody: .protection, .protectionRequired: .protection, .malformedBody: .protection,
        .malformedJSON: .protection, .malformedJWE: .protection, .malformedHeader: .protection,
        .algorithmNotAllowed: .protection, .keyIDMismatch: .protection, .fieldMissing: .protection,
        .fieldMismatch: .protection, .pathUnsupported: .protection,
        .replayed: .replay, .replayGuardFull: .replay, .clockSetBack: .replay,
        .authenticationFailed: .decryption, .cryptographyUnavailable: .decryption, .privateKeyElsewhere: .decryption,
        .parametersInvalid: .parameters, .responseInvalid: .parameters, .malformedResult: .parameters,
    ]
}
