#if Sandbox
import Foundation
import HTTPTypes
import Hummingbird
import KMDiagnosis
import KMJSON
import KMPrimitives
import KMSecurity

/// A platform on this machine: answers calls as the platform does, judges each of them, and remembers them.
final class Sandbox: Sendable {
    /// The path that the endpoints of the API are below.
    static let basePath = "/open-api"

    let parties: SandboxParties
    let store: MemberStore
    let history: CallHistory
    let endpoints: EndpointTable
    let startedAt = Date()
    let seed: UInt64?
    private let handler: CardsHandler
    private let settings = Locked(SandboxSettings())
    private let servers: Locked<SandboxServers>
    private let earlierRequests: EarlierRequests
    /// A key that nobody has, for the fault `wrong-key`.
    let strangersKey: RSAPublicKey
    /// The warnings that were reported as begun.
    private let reportedWarnings = Locked<[StandingWarning]>([])
    private let onStandingChange: @Sendable (StandingChange) -> Void

    /// Creates a sandbox.
    ///
    /// - Parameters:
    ///   - parties: The keys and credentials.
    ///   - store: The members and cards.
    ///   - endpoints: The endpoints besides the documented one.
    ///   - seed: The seed of the run, to show it.
    ///   - historyCount: The number of calls that are kept.
    ///   - onStandingChange: What reports that a standing warning begins or ends.
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    init(
        _ parties: SandboxParties,
        _ store: MemberStore,
        endpoints: EndpointTable,
        seed: UInt64?,
        historyCount: Int,
        onStandingChange: @escaping @Sendable (StandingChange) -> Void = { _ in }
    ) throws {
        self.onStandingChange = onStandingChange
        (self.parties, self.store, self.endpoints, self.seed) = (parties, store, endpoints, seed)
        history = CallHistory(capacity: historyCount)
        handler = CardsHandler(store: store, tokenizer: parties.tokenizer)
        servers = Locked(try SandboxServers(parties, clockSkewSeconds: 0))
        earlierRequests = EarlierRequests(capacity: 100_000)
        strangersKey = try RSAPrivateKey.generate().publicKey
    }

    /// The settings.
    var currentSettings: SandboxSettings { settings.withLock { $0 } }

    /// The clock of the servers, with the skew of the settings.
    var clock: WallClock { servers.withLock { $0 }.clock }

    /// The deliberate differences between this sandbox and a platform at the moment.
    var standingWarnings: [StandingWarning] { StandingWarning.all(currentSettings, parties.currentKeys) }

    /// Changes settings.
    ///
    /// A new clock restarts the servers, which then no longer know the requests that they accepted.
    ///
    /// - Throws: ``KMError`` `settingInvalid`, `cryptographyUnavailable`.
    func change(_ change: SandboxSettings.Change) throws {
        try settings.withLock { settings in try set(settings.applying(change), &settings) }
        reportChange()
    }

    /// Restores the test data and the settings of the start.
    ///
    /// The keys stay as they are, because clients have them.
    ///
    /// - Throws: ``KMError`` `fileUnwritable`, `cryptographyUnavailable`.
    func reset() throws {
        try store.reset()
        try settings.withLock { settings in try set(SandboxSettings(), &settings) }
        reportChange()
    }

    /// Takes the next step of a rotation of the keys.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`, `fileUnwritable`.
    func rotate() throws {
        _ = try parties.rotate()
        reportChange()
    }

    private func set(_ new: SandboxSettings, _ settings: inout SandboxSettings) throws {
        if new.clockSkewSeconds != settings.clockSkewSeconds {
            let made = try SandboxServers(parties, clockSkewSeconds: new.clockSkewSeconds)
            servers.withLock { $0 = made }
        }
        settings = new
    }

    /// Reports the standing warnings that begin and end, and the change itself to the watchers of the history.
    private func reportChange() {
        reportedWarnings.withLock { reported in
            let current = standingWarnings
            for warning in reported where !current.contains(warning) { onStandingChange(.ended(warning.end)) }
            for warning in current where !reported.contains(warning) { onStandingChange(.began(warning.text)) }
            reported = current
        }
        history.reportChange()
    }

    // MARK: Calls

    /// Answers one call, and adds it to the history.
    ///
    /// - Parameters:
    ///   - head: The method, the path and the header fields.
    ///   - body: The bytes of the body as received.
    /// - Returns: The answer, and the call as it was recorded.
    func answer(_ head: HTTPRequest, _ body: [UInt8]) async -> (answer: Answer, call: RecordedCall) {
        let number = history.nextNumber()
        let begin = ContinuousClock.now
        let (servers, settings) = (servers.withLock { $0 }, currentSettings)
        let request = ReceivedRequest(
            method: head.method,
            path: head.path ?? "",
            headers: head.headerFields,
            body: body,
            date: servers.clock()
        )
        let endpoint = Self.endpoint(of: head, body, in: endpoints, below: Self.basePath)
        let profile = Self.profile(of: head.headerFields)
        let made = await answer(request, endpoint, servers.server(profile))
        let (answer, fault) = await applyingFault(to: made, settings)
        let alterations = [
            settings.clockAlteration, keyAlteration(request.headers),
            fault.map { settings.alteration(by: $0) },
        ].compactMap(\.self)
        let response = ReceivedResponse(
            status: answer.status,
            headers: answer.headers,
            body: answer.body,
            date: servers.clock()
        )
        var (responseParameters, resultCode) = (made.responseParameters, made.resultCode)
        var judged: (judgment: Judgment, parameters: [UInt8]?)?
        if let fault, fault != .slow {
            // What the client finds in the answer, which is no longer what the sandbox wanted to say.
            judged = await ResponseJudge(keyring: parties.clientKeyring).judge(
                response,
                to: endpoint ?? Endpoint(request.path),
                requestHeaders: request.headers
            )
            responseParameters = judged?.parameters
            resultCode = responseParameters.flatMap { try? PlatformResult(parsing: $0).code }
        }
        var call = RecordedCall(
            number: number,
            direction: .request,
            request: request,
            response: response,
            endpoint: endpoint,
            profile: profile,
            level: endpoint.map { .init($0.request.protection) },
            judgment: made.judgment.adding(alterations),
            responseJudgment: judged?.judgment,
            parameters: made.parameters,
            responseParameters: responseParameters,
            resultCode: resultCode,
            duration: .now - begin
        )
        call.alterations = alterations
        history.add(call)
        return (answer, call)
    }

    /// Answers a call whose body was not read, and adds it to the history.
    ///
    /// - Parameters:
    ///   - error: Why the body was not read, such as `limitExceeded`.
    ///   - head: The method, the path and the header fields.
    /// - Returns: The answer.
    func answer(unread error: KMError, _ head: HTTPRequest) async -> Answer {
        let servers = servers.withLock { $0 }
        let profile = Self.profile(of: head.headerFields)
        let answer = Answer(await servers.server(profile).respond(toUnread: error, head.headerFields))
        let date = servers.clock()
        let alterations = [currentSettings.clockAlteration].compactMap(\.self)
        var call = RecordedCall(
            number: history.nextNumber(),
            direction: .request,
            request: ReceivedRequest(
                method: head.method,
                path: head.path ?? "",
                headers: head.headerFields,
                body: [],
                date: date
            ),
            response: ReceivedResponse(status: answer.status, headers: answer.headers, body: answer.body, date: date),
            endpoint: endpoints.endpoint(of: head, below: Self.basePath),
            profile: profile,
            level: nil,
            judgment: Judgment(
                verdict: .rejected,
                code: error.code.description,
                summary: "rejected before the body was read: \(error.detail)",
                steps: []
            ).adding(alterations),
            responseJudgment: nil,
            parameters: nil,
            responseParameters: nil,
            resultCode: answer.body.isEmpty ? nil : PlatformError.invalidInputParameter.result.code,
            duration: .zero
        )
        call.alterations = alterations
        history.add(call)
        return answer
    }

    /// An answer before the faults of the settings, and what is recorded of it.
    struct MadeAnswer {
        var answer: Answer
        let opened: OpenedRequest?
        let judgment: Judgment
        let parameters: [UInt8]?
        let responseParameters: [UInt8]?
        let resultCode: String?
    }

    private func answer(
        _ request: ReceivedRequest,
        _ endpoint: Endpoint?,
        _ server: ServerSecurity
    ) async -> MadeAnswer {
        let earlier = earlierRequests.date(of: request, endpoint)
        guard let endpoint else {
            let judged = await judge.judge(request, endpoint: nil, decision: .unknown, earlier: earlier)
            return MadeAnswer(
                answer: Self.unknownPath(request.path),
                opened: nil,
                judgment: judged.judgment.namingBasePath(of: request.path),
                parameters: nil,
                responseParameters: nil,
                resultCode: nil
            )
        }
        do {
            let opened = try await server.open(request.headers, request.body, for: endpoint)
            earlierRequests.add(request, endpoint)
            // The server accepted the request. The judge also knows the rules of its parameters.
            var judgment = await judge.judge(request, endpoint: endpoint, earlier: earlier).judgment
            if let failure = judgment.firstFailure, failure.name != .parameters {
                judgment =
                    await judge.judge(request, endpoint: endpoint, decision: .accepted, earlier: earlier).judgment
            }
            return answer(opened, judgment, server, request.headers)
        } catch {
            let fault = error as? KMError ?? KMError(.callFailed, "the sandbox failed")
            let judged = await judge.judge(request, endpoint: endpoint, decision: .rejected(fault), earlier: earlier)
            let reply = server.publicResponse(to: error, answering: request.headers)
            return MadeAnswer(
                answer: Answer(reply),
                opened: nil,
                judgment: judged.judgment,
                parameters: judged.parameters,
                responseParameters: reply.body.isEmpty ? nil : reply.body,
                resultCode: reply.status == .badRequest ? PlatformError.invalidInputParameter.result.code : nil
            )
        }
    }

    /// Answers an accepted call.
    private func answer(
        _ opened: OpenedRequest,
        _ judgment: Judgment,
        _ server: ServerSecurity,
        _ headers: HTTPFields
    ) -> MadeAnswer {
        let isValid = !judgment.steps.contains { $0.name == .parameters && $0.outcome == .failed }
        var (reply, parameters, code): (SealedResponse, [UInt8]?, String?)
        do {
            let made = try handler.answer(opened, isValid: isValid)
            parameters = made
            reply = try server.seal(made, answering: opened)
            code = PlatformResult.success.code
        } catch let error as PlatformError {
            reply = server.reject(error, answering: headers)
            (parameters, code) = (reply.body, error.result.code)
        } catch let error as KMError where error.code == .parametersInvalid {
            reply = server.reject(.invalidInputParameter, answering: headers)
            (parameters, code) = (reply.body, PlatformError.invalidInputParameter.result.code)
        } catch {
            reply = server.publicResponse(to: KMError(.callFailed, "the sandbox failed"), answering: headers)
            (parameters, code) = (nil, nil)
        }
        return MadeAnswer(
            answer: Answer(reply),
            opened: opened,
            judgment: judgment,
            parameters: opened.parameters,
            responseParameters: parameters,
            resultCode: code
        )
    }

    /// The answer to a call without an endpoint: as the platform's below the base path, and with a text outside it.
    private static func unknownPath(_ path: String) -> Answer {
        guard !path.hasPrefix(basePath + "/") else { return Answer(status: .notFound, headers: [:], body: []) }
        let detail =
            "there is nothing at this path; the API is below \(basePath), so send the call to \(basePath)/…; the page is "
            + "at /"
        return Answer(InterfaceError.content(.pageUnknown, detail), .notFound)
    }

    // MARK: Parts of a call

    /// The judge, which knows all keys and credentials of the sandbox.
    private var judge: RequestJudge {
        let keys = parties.currentKeys
        return RequestJudge(
            .init(
                party: .platform,
                credentials: parties.credentials,
                keyring: parties.serverKeyring,
                endpoints: endpoints,
                basePath: Self.basePath,
                otherKeys: keys.all.map { .init(name: "the client's own key", key: $0.pair.clientKey) },
                secretKeys: [parties.secretBytes]
            )
        )
    }

    /// The endpoint of a request; the documented path accepts both levels.
    ///
    /// - Parameters:
    ///   - head: The method, the path and the header fields.
    ///   - body: The bytes of the body, whose form decides about the level.
    ///   - endpoints: The endpoints.
    ///   - basePath: The path that they are below.
    /// - Returns: The endpoint; nil if there is none.
    static func endpoint(
        of head: HTTPRequest,
        _ body: [UInt8],
        in endpoints: EndpointTable,
        below basePath: String
    ) -> Endpoint? {
        let endpoint = endpoints.endpoint(of: head, below: basePath)
        guard endpoint == .waitingPhysicalCards, hasEncryptedField(body) else { return endpoint }
        return .waitingPhysicalCardsByField
    }

    /// The names of the documented parameters, which field-level calls keep.
    private static let parameterNames: Set = ["userId", "physicalCardNo", "physicalCardExpDate", "physicalCardCVC"]

    /// Whether a documented parameter has a value that looks like a JWE.
    private static func hasEncryptedField(_ body: [UInt8]) -> Bool {
        var scanner = JSONScanner()
        guard (try? scanner.next(in: body.span)) == .objectStart else { return false }
        while (try? scanner.next(in: body.span)) == .name {
            let name = JSONString.string(body.span, scanner.range)
            guard let token = try? scanner.next(in: body.span) else { return false }
            if token == .string, let name, parameterNames.contains(name),
                body[scanner.range].dropFirst().starts(with: "eyJ".utf8)
            {
                return true
            }
            guard (try? scanner.skipValue(in: body.span, startedBy: token)) != nil else { return false }
        }
        return false
    }

    /// The profile in which a request was made: only the gateway's tokens are padded.
    static func profile(of headers: HTTPFields) -> WireProfile {
        headers[.kmTranToken]?.hasSuffix("=") == true ? .gateway : .documented
    }
}
#endif
