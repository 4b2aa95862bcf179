#if Sandbox
import Foundation
import HTTPTypes
import Hummingbird
import KMDiagnosis
import KMPrimitives
import KMSecurity

/// The routes of the page and of the history, which `serve` and `proxy` share.
struct HistoryRoutes: Sendable {
    let history: CallHistory
    /// The URL of the tool's server, without a path; nil until it runs.
    let origin: Locked<String?>
    /// What a test vector of a call has besides the call.
    let vectorContext: @Sendable () throws -> VectorContext
    /// The current state as JSON.
    let state: @Sendable () throws -> String

    /// Adds the routes.
    func add(to router: RouterGroup<BasicRequestContext>) {
        router.get("/") { _, _ in PageFile.index.response }
        router.get("sandbox/app.js") { _, _ in PageFile.script.response }
        router.get("sandbox/style.css") { _, _ in PageFile.style.response }
        router.get("sandbox/state") { _, _ in InterfaceJSON.response("application/json", try state()) }
        router.get("sandbox/events") { _, _ in try events() }
        router.get("sandbox/calls") { request, _ in try calls(request) }
        router.delete("sandbox/calls") { _, _ in
            history.clear()
            return InterfaceJSON.response("application/json", try state())
        }
        router.get("sandbox/calls/:number") { request, context in
            let isRevealed = request.uri.queryParameters["reveal"] == "true"
            return try InterfaceJSON.response(CallDescription(call(context), isRevealed: isRevealed))
        }
        router.get("sandbox/calls/:number/curl") { _, context in
            InterfaceJSON.response("text/plain", try export(context).curlCommand())
        }
        router.get("sandbox/calls/:number/vector") { _, context in
            InterfaceJSON.response("application/json", try export(context).vector(vectorContext()))
        }
        router.get("sandbox/calls/:number/report") { _, context in
            InterfaceJSON.response("text/markdown", try export(context).report)
        }
    }

    /// The answer to a request for the list of calls.
    private struct CallList: Encodable {
        let calls: [CallSummary]
        let first: Int?
        let last: Int?
    }

    private func calls(_ request: Request) throws -> Response {
        let query = request.uri.queryParameters
        let verdict = try query["verdict"].map { text in
            guard let verdict = Judgment.Verdict(rawValue: String(text)) else {
                throw KMError(.requestInvalid, "verdict must be accepted, rejected or undecided")
            }
            return verdict
        }
        func number(_ name: String, _ standard: Int) throws -> Int {
            guard let text = query[Substring(name)] else { return standard }
            guard let number = Int(text), number >= 0 else {
                throw KMError(.requestInvalid, "\(name) must be a number from 0")
            }
            return number
        }
        let limit = min(try number("limit", 500), 10_000)
        let calls = history.calls(after: try number("after", 0), verdict, limit: limit)
        return try InterfaceJSON.response(
            CallList(calls: calls.map(CallSummary.init), first: calls.first?.number, last: calls.last?.number)
        )
    }

    private func call(_ context: BasicRequestContext) throws -> RecordedCall {
        guard let number = context.parameters.get("number").flatMap({ Int($0) }),
            let call = history.call(number)
        else {
            throw KMError(
                .callUnknown,
                "there is no call with this number, or it is no longer kept; /sandbox/calls lists the calls"
            )
        }
        return call
    }

    private func export(_ context: BasicRequestContext) throws -> CallExport {
        CallExport(call: try call(context), origin: origin.withLock { $0 } ?? "")
    }

    private func events() throws -> Response {
        guard let events = history.watch() else {
            throw KMError(.tooManyWatchers, "too many pages of the sandbox are open; close some of them")
        }
        let stream = EventStream(events: events, state: state)
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream"],
            body: ResponseBody { writer in try await stream.write(to: &writer) }
        )
    }
}

extension KMError.Code {
    /// The sandbox does not keep a call with this number.
    static let callUnknown = Self("callUnknown")
    /// The history has as many watchers as it allows.
    static let tooManyWatchers = Self("tooManyWatchers")
}
#endif
