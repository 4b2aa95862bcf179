#if Sandbox
import HTTPTypes
import KMCommandLine
import KMPrimitives
import KMSecurity

/// Notices that the first answer of the server behind a proxy is HTTP 404, which a wrong base URL causes.
final class FirstAnswer: Sendable {
    private struct State {
        var isKnown = false
        var hint: String?
    }

    private let state = Locked(State())

    /// The hint; nil if the first answer was another one, or if there is none yet.
    var hint: String? { state.withLock { $0.hint } }

    /// Takes note of an answer, and writes the hint to standard error if the first one is HTTP 404.
    ///
    /// - Parameters:
    ///   - status: The status of the answer.
    ///   - path: The path of the request.
    ///   - target: The base URL of the server.
    func note(_ status: HTTPResponse.Status, to path: String, _ target: APIBase) {
        let hint: String? = state.withLock { state in
            guard !state.isKnown else { return nil }
            state.isKnown = true
            guard status == .notFound else { return nil }
            state.hint = Self.text(path, target)
            return state.hint
        }
        if let hint { Messages.hint(hint) }
    }

    private static func text(_ path: String, _ target: APIBase) -> String {
        let base =
            target.path.isEmpty
            ? "--to has no base path; if the API is below one, give it, such as --to \(target.text)/open-api, and call the "
                + "proxy below the same path"
            : path.hasPrefix("\(target.path)/")
                ? "compare the base path \(target.path) of --to, and the path of the endpoint, with the server's"
                : "the client must call the proxy below \(target.path), the base path of --to"
        return "the first answer of the server is HTTP 404: \(base)"
    }
}
#endif
