#if Sandbox
import HTTPTypes
import KMSecurity

/// What the server did with one call.
enum Reply: Sendable {
    /// A complete response.
    case response(HTTPResponse, body: [UInt8])
    /// No connection, so the server did not get the call.
    case notSent(String)
    /// The connection closed without a response.
    case closed(String)
    /// No complete response in time.
    case timedOut
    /// A response above the limit of the tester.
    case tooLarge

    /// How far the call came in the server, as far as the reply shows it.
    enum Verdict: Sendable {
        /// The server authenticated and decrypted the call.
        case opened
        /// The server rejected the call.
        case rejected
        /// There is no proper reply.
        case failed
    }

    /// The verdict.
    ///
    /// A server gives the codes for members and cards only after it opened a call.
    var verdict: Verdict {
        guard case .response(let head, _) = self else { return .failed }
        switch head.status.code {
        case 200..<300: return .opened
        case 400..<500:
            return result.map { Self.codesOfOpenedCalls.contains($0.code) } == true ? .opened : .rejected
        default: return .failed
        }
    }

    /// The codes that depend on the parameters.
    private static let codesOfOpenedCalls = Set(
        [PlatformError.walletUserNotFound, .invalidCardInfo, .notFoundIssuedCards].map(\.result.code)
    )

    /// The HTTP status; nil without a response.
    var status: Int? {
        if case .response(let head, _) = self { head.status.code } else { nil }
    }

    /// The result in the body, if it is one in plain JSON.
    var result: PlatformResult? {
        if case .response(_, let body) = self { try? PlatformResult(parsing: body) } else { nil }
    }

    /// Whether the reply is the documented rejection: HTTP status 400 with `000_002` in plain JSON.
    var isDocumentedRejection: Bool {
        status == 400 && result?.code == PlatformError.invalidInputParameter.result.code
    }

    /// The values of a header.
    func values(_ name: HTTPField.Name) -> [String] {
        if case .response(let head, _) = self { head.headerFields[values: name] } else { [] }
    }

    /// A short description, such as "HTTP 400 with 000_002", without text from the server.
    var summary: String {
        switch self {
        case .response(let head, let body):
            if let result { return "HTTP \(head.status.code) with \(Self.code(result))" }
            if body.isEmpty { return "HTTP \(head.status.code) without a body" }
            return "HTTP \(head.status.code) with \(body.count) bytes"
        case .notSent(let detail): return "no connection (\(Self.withoutPaths(detail)))"
        case .closed: return "the connection was closed without a response"
        case .timedOut: return "no response in time"
        case .tooLarge: return "a response that is too large"
        }
    }

    /// Removes the places in source files that errors of TLS quote.
    private static func withoutPaths(_ detail: String) -> String {
        detail.replacing(#/\sat\s\/[^\s\]]+/#, with: "")
    }

    /// Returns a result's code if it has the form of one: the rest of a server's text may quote its input.
    private static func code(_ result: PlatformResult) -> String {
        result.code.wholeMatch(of: /[0-9]{3}_[0-9]{3}/) != nil ? result.code : "a malformed code"
    }
}
#endif
