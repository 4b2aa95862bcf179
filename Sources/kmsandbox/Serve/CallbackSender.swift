#if Sandbox
import Foundation
import HTTPTypes
import KMCommandLine
import KMAsyncHTTPClient
import KMDiagnosis
import KMPrimitives
import KMSecurity

/// Sends callbacks to a service provider as the platform does, and judges the answers.
///
/// A callback has no access key. It uses the active crypto key that was issued first, and the sandbox's clock. Every
/// callback that was sent, or that should have been, is added to the history.
struct CallbackSender: Sendable {
    let sandbox: Sandbox
    let transport: AsyncHTTPClientTransport

    /// The time in which the provider must answer.
    private static let timeout = Duration.seconds(10)

    /// Sends one callback, and adds it to the history.
    ///
    /// - Parameters:
    ///   - url: The provider's URL for it.
    ///   - parameters: One JSON text.
    /// - Returns: The call as it was recorded.
    /// - Throws: ``KMError`` `urlInvalid`; `callbackFailed` if there was no answer, and the call is recorded.
    func send(_ url: String, _ parameters: [UInt8]) async throws -> RecordedCall {
        let target = try RequestURL(url)
        let endpoint = Endpoint(String(target.target.prefix { $0 != "?" }))
        let parties = sandbox.parties
        let clock = sandbox.clock
        let client = try ClientSecurity(
            party: .platform,
            aspID: parties.aspID,
            secretKey: parties.secretKey,
            keyring: parties.serverKeyring,
            configuration: .init(timeZone: parties.timeZone),
            clock: clock
        )
        let sealed = try await client.seal(parameters, for: endpoint)
        let query = target.target.firstIndex(of: "?").map { String(target.target[$0...].dropFirst()) }
        let head = sealed.httpRequest(scheme: target.scheme, authority: target.host, query: query)
        let request = ReceivedRequest(
            method: head.method,
            path: target.text,
            headers: head.headerFields,
            body: sealed.body,
            date: clock()
        )
        let begin = ContinuousClock.now
        let result = await exchange(head, sealed.body, target)
        var received = ReceivedResponse(status: .badGateway, headers: [:], body: [], date: clock())
        var judged: (judgment: Judgment, parameters: [UInt8]?)
        switch result {
        case .success(let (response, body)):
            received = ReceivedResponse(
                status: response.status,
                headers: response.headerFields,
                body: body,
                date: clock()
            )
            judged = await ResponseJudge(keyring: parties.serverKeyring, limits: .standard).judge(
                received,
                to: endpoint,
                requestHeaders: sealed.headers,
                decision: .unknown
            )
            judged.judgment = judged.judgment.ofCallback(received.status, judged.parameters)
        case .failure(let fault):
            judged = (.callbackFailed(fault), nil)
        }
        let alterations = [sandbox.currentSettings.clockAlteration].compactMap(\.self)
        let judgment = judged.judgment.adding(alterations)
        var call = RecordedCall(
            number: sandbox.history.nextNumber(),
            direction: .callback,
            request: request,
            response: received,
            endpoint: endpoint,
            profile: .documented,
            level: .message,
            judgment: judgment,
            responseJudgment: judgment,
            parameters: parameters,
            responseParameters: judged.parameters,
            resultCode: judged.parameters.flatMap { try? PlatformResult(parsing: $0).code },
            duration: .now - begin
        )
        call.alterations = alterations
        if case .failure = result { call.hasResponse = false }
        sandbox.history.add(call)
        if case .failure(let fault) = result {
            throw KMError(
                .callbackFailed,
                "the callback got no answer: \(fault.reason); \(fault.advice); call \(call.number) has the request"
            )
        }
        return call
    }

    private enum Exchange {
        case success((HTTPResponse, [UInt8]))
        case failure(ConnectionFault)
    }

    private func exchange(_ head: HTTPRequest, _ body: [UInt8], _ target: RequestURL) async -> Exchange {
        do {
            return .success(
                try await transport.send(
                    head,
                    body,
                    limit: ParameterLimits.standard.maximumBodyByteCount,
                    deadline: .now + Self.timeout
                )
            )
        } catch {
            return .failure(
                ConnectionFault(error, scheme: target.scheme, authority: target.host, option: "the callback's URL")
            )
        }
    }
}

extension Judgment {
    /// The judgment of a callback without an answer.
    fileprivate static func callbackFailed(_ fault: ConnectionFault) -> Judgment {
        let step = Step(
            .status,
            .failed,
            expected: "an answer of your server within 10 s",
            found: "no answer: \(fault.reason)",
            cause: "callback-unanswered",
            fix: fault.advice
        )
        return Judgment(
            verdict: .rejected,
            code: KMError.Code.callbackFailed.description,
            summary: "rejected at status: \(step.found)",
            steps: [step]
        )
    }

    /// Returns this judgment of a response for a callback, which the provider must accept with status 200.
    ///
    /// An error reply is a well-formed response, and all the same the provider rejected the callback.
    fileprivate func ofCallback(_ status: HTTPResponse.Status, _ parameters: [UInt8]?) -> Judgment {
        guard status == .badRequest, verdict == .accepted,
            let index = steps.firstIndex(where: { $0.name == .status })
        else { return self }
        let code = parameters.flatMap { try? PlatformResult(parsing: $0).code } ?? ""
        let isCode = code.wholeMatch(of: /[0-9]{3}_[0-9]{3}/) != nil
        let step = Step(
            .status,
            .failed,
            expected: "HTTP status 200",
            found: "HTTP status 400\(isCode ? " with the result \(code)" : ""): your server rejected the callback",
            cause: "callback-rejected",
            fix: "read your server's log: a callback has no X-KM-Access-Key, and is signed with the secret key of the "
                + "ASP id"
        )
        var steps = steps
        steps[index] = step
        return Judgment(
            verdict: .rejected,
            code: KMError.Code.callbackRejected.description,
            summary: "rejected at status: \(step.found)",
            steps: steps,
            warnings: warnings
        )
    }
}

extension KMError.Code {
    /// A callback got no answer.
    static let callbackFailed = Self("callbackFailed")
    /// The provider rejected a callback with HTTP status 400.
    static let callbackRejected = Self("callbackRejected")
}
#endif
