#if Sandbox
import KMDiagnosis

extension Judgment {
    /// Returns this judgment with advice that names the base path, for a path that is not below it.
    func namingBasePath(of path: String) -> Judgment {
        guard !path.hasPrefix(Sandbox.basePath + "/"),
            let index = steps.firstIndex(where: { $0.name == .endpoint && $0.outcome == .failed }),
            steps[index].cause != CallCauses.basePath
        else { return self }
        let old = steps[index]
        var steps = steps
        steps[index] = Step(
            .endpoint,
            .failed,
            expected: old.expected,
            found: "a path that is not below the base path \(Sandbox.basePath)",
            difference: old.difference,
            cause: CallCauses.basePath,
            fix:
                "use the base URL with its base path, such as http://127.0.0.1:8080\(Sandbox.basePath), and put the path of "
                + "the endpoint behind it"
        )
        return Judgment(
            verdict: verdict,
            code: code,
            summary: "rejected at endpoint: \(steps[index].found)",
            steps: steps,
            warnings: warnings
        )
    }

    /// Names of causes that the sandbox itself finds.
    private enum CallCauses {
        static let basePath = "endpoint-base-path"
    }
}
#endif
