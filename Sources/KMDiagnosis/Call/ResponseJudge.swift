public import HTTPTypes
internal import KMJOSE
internal import KMPrimitives
public import KMSecurity
internal import KMWire

/// Judges responses for developers, as ``RequestJudge`` judges requests.
public struct ResponseJudge: Sendable {
    private let keyring: any KeyringSource
    private let limits: ParameterLimits
    private let otherKeys: [RequestJudge.NamedKey]

    /// Creates a judge.
    ///
    /// - Parameters:
    ///   - keyring: The keys of the client that receives responses; private keys can be missing.
    ///   - limits: The largest response that the client accepts.
    ///   - otherKeys: Private keys that a server may have encrypted to by mistake.
    public init(
        keyring: any KeyringSource,
        limits: ParameterLimits = .standard,
        otherKeys: [RequestJudge.NamedKey] = []
    ) {
        self.keyring = keyring
        self.limits = limits
        self.otherKeys = otherKeys
    }

    /// Judges a response.
    ///
    /// - Parameters:
    ///   - response: The response as it arrived.
    ///   - endpoint: The endpoint of the request.
    ///   - requestHeaders: All header fields of the request.
    ///   - decision: What the client decided, which the verdict and the code follow.
    /// - Returns: The judgment, and the decrypted parameters if there are any; for an error reply, its body.
    public func judge(
        _ response: ReceivedResponse,
        to endpoint: Endpoint,
        requestHeaders: HTTPFields,
        decision: RequestJudge.Decision = .unknown
    ) async -> (judgment: Judgment, parameters: [UInt8]?) {
        let status = statusStep(response.status)
        let size = SizeExamination.step(response.body, limits)
        let headers = headersStep(response, requestHeaders)
        var opened = ContentExamination.Opened.notChecked("the body was not read")
        if size.outcome == .passed {
            opened =
                response.status == .ok
                ? await success(response, endpoint, requestHeaders) : await errorReply(response)
        }
        let steps = [
            status, size, headers.step, opened.key, opened.protection, opened.decryption, opened.parametersStep,
        ]
        var warnings = ContentWarnings.cardNumbers(response.body, opened) + ContentWarnings.parameters(opened)
        warnings += headers.warnings
        if !response.headers[values: .kmTranToken].isEmpty {
            warnings.append("the response has X-KM-Tran-Token; only requests have a token")
        }
        let note = opened.parameters.flatMap { try? PlatformResult(parsing: $0) }.map {
            "the result has the code \(Self.isCode($0.code) ? $0.code : "of another form")"
        }
        let judgment = JudgmentSummary(acceptedNote: note).judgment(steps, decision: decision, warnings: warnings)
        return (judgment, opened.parameters)
    }

    private static func isCode(_ text: String) -> Bool {
        text.utf8.count == 7 && text.utf8.allSatisfy { $0.isDigit || $0 == UInt8(ascii: "_") }
    }

    // MARK: The head

    private func statusStep(_ status: HTTPResponse.Status) -> JudgedStep {
        let expected = "HTTP status 200, or 400 with a result of the platform"
        let found = "HTTP status \(status.code)"
        guard status != .ok, status != .badRequest else { return .passed(.status, expected, found) }
        return .judged(.status, expected, [Fault(.statusUnexpected, found, .statusUnexpected)], otherwise: found)
    }

    /// The step of the headers, and warnings about those of an error reply, which a client does not read.
    private func headersStep(
        _ response: ReceivedResponse,
        _ requestHeaders: HTTPFields
    ) -> (step: JudgedStep, warnings: [String]) {
        let fields = response.headers
        let expected = "the request's X-KM-Correlation-Id, and at most one X-KM-Crypto-Key-Id"
        var faults = HeaderExamination(fields: fields, kind: .response, isSecret: { _ in false }).faults()
        if let sent = try? requestHeaders.required(CorrelationID.self),
            let echoed = try? fields.required(CorrelationID.self), sent != echoed
        {
            let difference = Judgment.Difference(
                place: "X-KM-Correlation-Id",
                expected: Array(sent.text.utf8),
                found: Array(echoed.text.utf8),
                showsLetters: true
            )
            faults.append(
                Fault(
                    .correlationMismatch,
                    "the correlation id of another request",
                    .correlationNotEchoed,
                    at: difference
                )
            )
        }
        let found = "the request's correlation id"
        guard response.status == .ok else {
            let step = JudgedStep.passed(
                .headers,
                expected,
                faults.isEmpty ? found : "headers that a client does not read"
            )
            return (step, faults.map { "the error reply: \($0.found); \($0.mistake.advice)" })
        }
        return (.judged(.headers, expected, faults, otherwise: found), [])
    }

    // MARK: The body

    private func success(
        _ response: ReceivedResponse,
        _ endpoint: Endpoint,
        _ requestHeaders: HTTPFields
    ) async -> ContentExamination.Opened {
        let isDocumented = endpoint.path == Endpoint.waitingPhysicalCards.path
        var opened = await ContentExamination(
            body: response.body,
            rule: endpoint.response,
            keyName: keyName(response.headers, requestHeaders),
            keyFaults: [],
            correlationID: (try? response.headers.optional(CorrelationID.self)).flatMap { $0 },
            allowsEmptyBodies: true,
            keyring: keyring.keyring,
            limits: limits,
            otherKeys: otherKeys,
            parameterRule: isDocumented ? .waitingPhysicalCardsResponse : nil
        ).open()
        if let parameters = opened.parameters, let result = try? PlatformResult(parsing: parameters), !result.isSuccess
        {
            let fault = Fault(.responseInvalid, "status 200 with the code of an error", .resultOfError)
            opened = opened.with(
                parameters: .judged(.parameters, opened.parametersStep.step.expected, [fault], otherwise: "")
            )
        }
        return opened
    }

    /// The key of the response, or that of the request if the response names none.
    private func keyName(_ headers: HTTPFields, _ requestHeaders: HTTPFields) -> ContentExamination.KeyName {
        do {
            let id = try headers.optional(CryptoKeyID.self)
            return (id ?? (try? requestHeaders.optional(CryptoKeyID.self)).flatMap { $0 }).map { .id($0) } ?? .none
        } catch {
            return .malformed
        }
    }

    /// Examines the body of an error reply, which is not encrypted.
    private func errorReply(_ response: ReceivedResponse) async -> ContentExamination.Opened {
        let expected = "an unencrypted result: {\"response\":{\"code\":\"…\",\"message\":\"…\"}}"
        let plain = "a plain body"
        func opened(_ protection: JudgedStep, _ parameters: JudgedStep) -> ContentExamination.Opened {
            ContentExamination.Opened(
                key: .passed(.key, "no key in an error reply", "no key is needed"),
                protection: protection,
                decryption: .passed(.decryption, "nothing to decrypt", plain),
                parametersStep: parameters,
                parameters: response.body.isEmpty ? nil : response.body,
                hasPlainText: true
            )
        }
        if (try? EncryptedBody.message(of: response.body)) != nil {
            let fault = Fault(
                .statusUnexpected,
                "an encrypted body with HTTP status \(response.status.code)",
                .errorEncrypted
            )
            return opened(
                .judged(.protection, expected, [fault], otherwise: ""),
                .notChecked(.parameters, expected, "the body is encrypted")
            )
        }
        let protection = JudgedStep.passed(.protection, expected, plain)
        guard response.status == .badRequest else {
            return opened(protection, .notChecked(.parameters, expected, "the status is not that of a result"))
        }
        do {
            let result = try PlatformResult(parsing: response.body)
            let faults =
                result.isSuccess
                ? [Fault(.statusUnexpected, "HTTP status 400 with the code of a success", .resultOfSuccess)] : []
            return opened(protection, .judged(.parameters, expected, faults, otherwise: "a result"))
        } catch let error as KMError {
            let fault = Fault(.statusUnexpected, error.detail, .resultMissing)
            return opened(protection, .judged(.parameters, expected, [fault], otherwise: ""))
        } catch {
            return opened(protection, .notChecked(.parameters, expected, "the body could not be parsed"))
        }
    }
}

extension ContentExamination.Opened {
    /// These steps with another step of the parameters.
    fileprivate func with(parameters step: JudgedStep) -> Self {
        Self(
            key: key,
            protection: protection,
            decryption: decryption,
            parametersStep: step,
            parameters: parameters,
            header: header,
            cryptoKey: cryptoKey,
            unknownParameterCount: unknownParameterCount,
            hasPlainText: hasPlainText
        )
    }
}
