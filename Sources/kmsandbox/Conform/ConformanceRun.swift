#if Sandbox
import Foundation
import KMPrimitives
import KMSecurity

/// Runs the cases against one server.
struct ConformanceRun: Sendable {
    let session: Session
    let hasFieldLevel: Bool
    /// The names of the cases to run besides those that they require; empty for all.
    let only: [String]

    /// The selected cases in their order, with the first one and those that the selected ones require.
    var cases: [ConformanceCase] { ConformanceCase.selected(only) }

    /// Runs the cases one after the other, until the task is cancelled.
    ///
    /// - Parameter progress: Called before each case with its number, the number of cases and its name.
    /// - Returns: The results of all cases in their order; those that did not finish are skipped.
    /// - Throws: ``KMError`` as ``FirstCall``, if the test cannot be done.
    func results(_ progress: (Int, Int, String) -> Void) async throws -> ConformanceReport {
        var results: [CaseResult] = []
        var unfulfilled: [String: String] = [:]
        let cases = cases
        for (number, test) in cases.enumerated() where !Task.isCancelled {
            progress(number + 1, cases.count, test.name)
            let start = ContinuousClock.now
            let finding = try await finding(test, unfulfilled)
            // A case in the middle of which the test was stopped has found nothing.
            if Task.isCancelled { break }
            let result = CaseResult(test, finding, start.duration(to: .now))
            if result.result != .passed { unfulfilled[test.name] = result.result == .failed ? "failed" : "was skipped" }
            results.append(result)
        }
        let unfinished = cases.dropFirst(results.count).map {
            CaseResult(unfinished: $0.name, $0.group.rawValue, expected: $0.expected)
        }
        return ConformanceReport(results + unfinished, unfinished: Set(unfinished.map(\.name)))
    }

    private func finding(_ test: ConformanceCase, _ unfulfilled: [String: String]) async throws -> Finding {
        if test.name != ConformanceCase.first, unfulfilled[ConformanceCase.first] != nil {
            return .skipped("not run, because \(ConformanceCase.first) failed")
        }
        if test.needs.contains(.fieldLevel), !hasFieldLevel { return .skipped("--skip field") }
        if test.needs.contains(.otherCaller), session.otherMaker == nil {
            return .skipped("there are no --other-credentials")
        }
        if test.needs.contains(.otherKey), session.maker.credentials.otherKey == nil {
            return .skipped("the credentials file has no otherKey")
        }
        if let name = test.requires.first(where: { unfulfilled[$0] != nil }), let how = unfulfilled[name] {
            return .skipped("not run, because \(name) \(how)")
        }
        await session.begin(test.name)
        do {
            return try await test.run(session)
        } catch {
            if test.name == ConformanceCase.first, !Task.isCancelled { throw error }
            let text = (error as? KMError).map { "\($0)" } ?? "\(type(of: error))"
            return .failed(
                "the call could not be made: \(text)",
                fault: "the credentials file does not fit the documented call; check its keys and its parameters"
            )
        }
    }
}

extension ConformanceCase {
    /// Selects cases in their order, with the first one and those that the selected ones require.
    ///
    /// - Parameter only: The names of the selected cases; empty for all.
    /// - Returns: The cases.
    static func selected(_ only: [String]) -> [ConformanceCase] {
        guard !only.isEmpty else { return all }
        var names = Set(only + [first])
        // A case requires only earlier ones.
        for test in all.reversed() where names.contains(test.name) { names.formUnion(test.requires) }
        return all.filter { names.contains($0.name) }
    }
}

extension CaseResult {
    fileprivate init(_ test: ConformanceCase, _ finding: Finding, _ duration: Duration) {
        let (result, observed, fault): (Result, String, String?) =
            switch finding {
            case .passed(let observed): (.passed, observed, nil)
            case .failed(let observed, let fault): (.failed, observed, fault ?? test.fault)
            case .skipped(let reason): (.skipped, reason, nil)
            }
        self.init(
            name: test.name,
            group: test.group.rawValue,
            result: result,
            expected: test.expected,
            observed: MessageMasking.apply(to: observed),
            fault: fault,
            seconds: Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        )
    }
}
#endif
