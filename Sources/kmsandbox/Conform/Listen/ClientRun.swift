#if Sandbox
import Foundation
import HTTPTypes
import KMDiagnosis
import KMPrimitives
import KMSecurity
import KMWire

/// The state of a run that tests a client: what each case got from the client.
actor ClientRun {
    /// What a case knows.
    private struct State {
        var callCount = 0
        /// The judgment of the client's last wrong call; nil if all were right.
        var rejection: Judgment?
        /// What the client reported; nil until it did.
        var hasAccepted: Bool?
        var start = ContinuousClock.now
        var seconds = 0.0
    }

    nonisolated let keys: ListenKeys
    /// The cases in their order.
    nonisolated let cases: [ClientCase]
    private let server: ServerSecurity
    private let judge: RequestJudge
    private var states: [String: State] = [:]
    /// The right answer to the latest call that a right answer went to.
    private var earlier: CaseAnswer?

    init(_ keys: ListenKeys, _ cases: [ClientCase] = ClientCase.all) throws {
        (self.keys, self.cases) = (keys, cases)
        server = try keys.serverSecurity()
        judge = RequestJudge(
            .init(
                credentials: try keys.credentials(),
                keyring: server.keyring,
                allowsEmptyBodies: true,
                otherKeys: [.init(name: "the client's own key", key: keys.client)],
                secretKeys: [keys.file.secretKey]
            )
        )
    }

    /// Answers one call of the client as the case says.
    ///
    /// - Returns: The answer; the documented rejection if the call itself is wrong.
    func answer(_ test: ClientCase, _ request: HTTPRequest, path: String, _ body: [UInt8]) async throws -> CaseAnswer {
        states[test.name, default: State()].callCount += 1
        do {
            let endpoint = try Self.endpoint(request.method, path, body)
            let opened = try await server.open(request.headerFields, body, for: endpoint)
            let maker = AnswerMaker(request: opened, keys: keys, earlier: earlier)
            let answer = try test.answer(maker)
            earlier = try maker.answer()
            return answer
        } catch let error as KMError {
            let received = ReceivedRequest(
                method: request.method,
                path: path,
                headers: request.headerFields,
                body: body,
                date: Date()
            )
            let judgment = await judge.judge(
                received,
                endpoint: try? Self.endpoint(request.method, path, body),
                decision: .rejected(error),
                earlier: nil
            ).judgment
            states[test.name]?.rejection = judgment
            let reply = server.publicResponse(to: error, answering: request.headerFields)
            return CaseAnswer(status: reply.status, headers: reply.httpResponse.headerFields, body: reply.body)
        }
    }

    /// The endpoint of a call: at the documented path, the body decides the level.
    private static func endpoint(_ method: HTTPRequest.Method, _ path: String, _ body: [UInt8]) throws -> Endpoint {
        let endpoint = try EndpointTable.documented.endpoint(method, path)
        guard endpoint.path == Endpoint.waitingPhysicalCards.path else { return endpoint }
        let hasEncData = (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])?["encData"] != nil
        return hasEncData ? .waitingPhysicalCards : .waitingPhysicalCardsByField
    }

    /// Begins a case.
    func begin(_ name: String) { states[name, default: State()].start = .now }

    /// Notes what the client did with the answer.
    func report(_ name: String, hasAccepted: Bool) {
        var state = states[name] ?? State()
        state.hasAccepted = hasAccepted
        let elapsed = state.start.duration(to: .now).components
        state.seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
        states[name] = state
    }

    /// Whether the client reported on every case.
    var isComplete: Bool { cases.allSatisfy { states[$0.name]?.hasAccepted != nil } }

    /// The results of the cases in their order.
    var results: [CaseResult] { cases.map(result) }

    /// The results, of which those that the client did not report are unfinished.
    var report: ConformanceReport {
        let unfinished = Set(cases.map(\.name).filter { states[$0]?.hasAccepted == nil })
        return ConformanceReport(
            cases.map { test in
                unfinished.contains(test.name)
                    ? CaseResult(unfinished: test.name, test.group, expected: test.expected) : result(test)
            },
            unfinished: unfinished
        )
    }

    private func result(_ test: ClientCase) -> CaseResult {
        let state = states[test.name] ?? State()
        let (result, observed, fault): (CaseResult.Result, String, String?)
        switch (state.hasAccepted, state.callCount, state.rejection) {
        case (nil, _, _): (result, observed, fault) = (.skipped, "the client reported nothing", nil)
        case (_, 0, _):
            (result, observed) = (.failed, "the client sent no call")
            fault = "the client does not use KM_BASE_URL, or ended before its call"
        case (_, _, let rejection?):
            (result, observed) = (.failed, "the client's call: \(rejection.summary)")
            fault = rejection.firstFailure?.fix ?? "the client's call is wrong"
        case (let hasAccepted?, _, nil):
            observed = hasAccepted ? "accepted" : "rejected"
            result = hasAccepted == test.accepts ? .passed : .failed
            fault = result == .failed ? test.fault : nil
        }
        return CaseResult(
            name: test.name,
            group: test.group,
            result: result,
            expected: test.expected,
            observed: MessageMasking.apply(to: observed),
            fault: fault,
            seconds: state.seconds
        )
    }
}
#endif
