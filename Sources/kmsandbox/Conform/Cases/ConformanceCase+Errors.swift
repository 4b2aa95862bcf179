#if Sandbox
import HTTPTypes
import KMSecurity
import KMWire

/// What all replies to the hostile calls have in common.
///
/// The cases before these ones say only whether the server opened a call. So a server with one fault in its error replies
/// fails one of these cases, and not all of them.
extension ConformanceCase {
    static let errors = [
        replies(
            "error-no-failure",
            "The server answers each hostile call, and with no status 5xx.",
            fault: "an exception reaches the HTTP framework, or the server hangs or closes the connection"
        ) { rejections in
            rejections.filter { $0.kind != .size && $0.reply.verdict == .failed }.map(Self.observed)
        },
        replies(
            "error-status",
            "The server answers each call that it cannot open with HTTP status 400.",
            fault: "the status says how far the call came"
        ) { rejections in
            rejections.filter { $0.kind != .size && $0.reply.verdict == .rejected && $0.reply.status != 400 }
                .map(Self.observed)
        },
        replies(
            "error-body",
            "The body of each rejection is the result 000_002 in plain JSON.",
            fault: "the error reply is encrypted, is not JSON, or has another code"
        ) { rejections in
            rejections.filter {
                $0.kind == .unopened && $0.reply.status == 400 && $0.reply.verdict == .rejected
                    && !$0.reply.isDocumentedRejection
            }
            .map(Self.observed)
        },
        replies(
            "error-same",
            "Each rejection has the same message and the same headers, whatever was wrong with the call.",
            fault: "an attacker can tell from the reply how far a forgery came"
        ) { rejections in
            let shapes = Dictionary(
                grouping: rejections.filter { $0.kind == .unopened && $0.reply.isDocumentedRejection },
                by: ReplyShape.init
            )
            guard shapes.count > 1 else { return [] }
            let sorted = shapes.values.sorted { $0.count > $1.count }
            return sorted.enumerated().map { "reply \($0 + 1) of \(sorted.count): \($1[0].name), \($1.count) calls" }
        },
        replies(
            "error-correlation-id",
            "Each rejection repeats the call's X-KM-Correlation-Id, if that is well-formed.",
            fault: "the server does not repeat the correlation id in an error reply"
        ) { rejections in
            rejections.filter { rejection in
                guard let id = rejection.correlationID, rejection.kind != .size,
                    rejection.reply.verdict == .rejected
                else { return false }
                return rejection.reply.values(.kmCorrelationID) != [id.text]
            }
            .map(Self.observed)
        },
    ]

    private static func observed(_ rejection: Session.Rejection) -> String {
        "\(rejection.name): \(rejection.reply.summary)"
    }

    /// A case about all replies to hostile calls; `faults` returns those that are wrong.
    private static func replies(
        _ name: String,
        _ expected: String,
        fault: String,
        _ faults: @escaping @Sendable ([Session.Rejection]) -> [String]
    ) -> ConformanceCase {
        ConformanceCase(name, .errors, expected, fault: fault) { session in
            let rejections = await session.rejections
            guard !rejections.isEmpty else { return .skipped("no hostile call was sent") }
            let found = faults(rejections)
            return found.isEmpty ? .passed("\(rejections.count) replies") : .failed(list(found))
        }
    }
}

/// What an attacker sees of a rejection, apart from what differs in every reply.
private struct ReplyShape: Hashable {
    let result: PlatformResult?
    let headers: Set<String>

    init(_ rejection: Session.Rejection) {
        result = rejection.reply.result
        var names: Set<String> = []
        if case .response(let head, _) = rejection.reply {
            names = Set(head.headerFields.map { $0.name.canonicalName })
        }
        // The correlation id is repeated only if it is well-formed; another case judges that.
        headers = names.subtracting(["date", "connection", "keep-alive", "x-km-correlation-id"])
    }
}
#endif
