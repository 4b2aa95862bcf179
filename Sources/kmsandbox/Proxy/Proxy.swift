#if Sandbox
import Foundation
import HTTPTypes
import KMAsyncHTTPClient
import KMCommandLine
import KMDiagnosis
import KMSecurity

/// Passes calls on to a server, and adds them to a history with the judgments of both directions.
struct Proxy: Sendable {
    let target: APIBase
    let judges: ProxyJudges
    let history: CallHistory
    let transport: AsyncHTTPClientTransport
    /// What the first answer says about the URL of the server.
    let firstAnswer = FirstAnswer()

    /// The time in which the server must answer.
    private static let timeout = Duration.seconds(60)

    /// Headers of one connection (RFC 9110 section 7.6.1), which are not passed on.
    private static let hopByHop: Set<HTTPField.Name> = [
        .connection, .proxyAuthenticate, .proxyAuthorization, .te, .trailer, .transferEncoding, .upgrade,
        .contentLength, .expect,
    ]

    /// Headers of one connection that have no constant.
    private static let otherHopByHop = ["Keep-Alive", "Proxy-Connection"].compactMap { HTTPField.Name($0) }

    /// The headers that are passed on: without those of one connection, and those that Connection names.
    static func passedOn(_ headers: HTTPFields) -> HTTPFields {
        let named = headers[values: .connection].flatMap { $0.split(separator: ",") }.compactMap {
            HTTPField.Name($0.trimmingCharacters(in: .whitespaces))
        }
        let dropped = hopByHop.union(named + otherHopByHop)
        return headers.filter { !dropped.contains($0.name) }
    }

    /// Passes one call on.
    ///
    /// - Parameters:
    ///   - head: The method, the path and the header fields.
    ///   - body: The bytes of the body as received.
    /// - Returns: The server's answer, or status 502 with JSON that says why there is none.
    func answer(_ head: HTTPRequest, _ body: [UInt8]) async -> Sandbox.Answer {
        let begin = ContinuousClock.now
        let number = history.nextNumber()
        let request = ReceivedRequest(
            method: head.method,
            path: head.path ?? "",
            headers: head.headerFields,
            body: body,
            date: .now
        )
        let endpoint = Sandbox.endpoint(of: head, body, in: judges.endpoints, below: judges.basePath)
        let (answer, fault) = await exchange(head, body)
        let duration = ContinuousClock.now - begin
        if fault == nil { firstAnswer.note(answer.status, to: head.path ?? "", target) }
        let response = ReceivedResponse(status: answer.status, headers: answer.headers, body: answer.body, date: .now)
        var judged = await judges.judge(request, endpoint)
        if let fault {
            judged.judgment = judged.judgment.adding(["the proxy got no answer: \(fault.reason); \(fault.advice)"])
        }
        var judgedResponse: (judgment: Judgment, parameters: [UInt8]?)?
        if fault == nil, let endpoint {
            judgedResponse = await judges.judge(response, to: endpoint, requestHeaders: head.headerFields)
        }
        let result = (judgedResponse?.parameters ?? (answer.status == .ok ? nil : answer.body)).flatMap {
            try? PlatformResult(parsing: $0).code
        }
        history.add(
            RecordedCall(
                number: number,
                direction: .request,
                request: request,
                response: response,
                endpoint: endpoint,
                profile: Sandbox.profile(of: head.headerFields),
                level: endpoint.map { .init($0.request.protection) },
                judgment: judged.judgment,
                responseJudgment: judgedResponse?.judgment,
                parameters: judged.parameters,
                responseParameters: judgedResponse?.parameters,
                resultCode: result,
                duration: duration
            )
        )
        return answer
    }

    private func exchange(_ head: HTTPRequest, _ body: [UInt8]) async -> (Sandbox.Answer, fault: ConnectionFault?) {
        var sent = HTTPRequest(
            method: head.method,
            scheme: target.scheme,
            authority: target.authority,
            path: head.path ?? "/",
            headerFields: Self.passedOn(head.headerFields)
        )
        // The judge reads what the server answers, so it must not be compressed.
        sent.headerFields[values: .acceptEncoding] = []
        do {
            let (response, bytes) = try await transport.send(
                sent,
                body,
                limit: ParameterLimits.standard.maximumBodyByteCount,
                deadline: .now + Self.timeout
            )
            return (.init(status: response.status, headers: Self.passedOn(response.headerFields), body: bytes), nil)
        } catch {
            let fault = ConnectionFault(error, scheme: target.scheme, authority: target.authority, option: "--to")
            let text = InterfaceError.content(
                .callFailed,
                "kmsandbox proxy got no answer from the server: \(fault.reason); \(fault.advice)"
            )
            let headers: HTTPFields = [.contentType: "application/json"]
            return (.init(status: .badGateway, headers: headers, body: Array(text.utf8)), fault)
        }
    }
}
#endif
