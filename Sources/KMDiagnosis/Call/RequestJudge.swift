public import Foundation
public import KMPrimitives
public import KMSecurity

/// Judges requests for developers: makes every check of a server, goes on after a failure, and explains what it finds.
///
/// It is for a sandbox, a proxy or a test. A server does not need it to answer requests, and must not show a sender what
/// it finds.
public struct RequestJudge: Sendable {
    /// A private key with a name for texts.
    public struct NamedKey: Sendable {
        /// The name, such as `the client's own key`.
        public var name: String
        /// The private key.
        public var key: RSAPrivateKey

        /// Creates a named key.
        public init(name: String, key: RSAPrivateKey) {
            self.name = name
            self.key = key
        }
    }

    /// What the judge knows of the receiver.
    public struct Receiver: Sendable {
        /// The party that receives requests.
        public var party: ServerSecurity.Party
        /// The source of the callers' credentials.
        public var credentials: any CredentialSource
        /// The source of the keys; private keys can be missing, and messages are then not decrypted.
        public var keyring: any KeyringSource
        /// The endpoints.
        public var endpoints: EndpointTable
        /// The path that all endpoints are below, such as `/open-api`; empty for none.
        public var basePath: String
        /// The largest accepted difference between the token's time and the receiver's clock.
        public var tolerance: TranTokenVerifier.Tolerance
        /// The largest accepted difference between the correlation id's time and X-KM-Tran-Time.
        public var correlationSkew: ServerSecurity.CorrelationSkew
        /// Whether requests without a body are accepted at endpoints with plain requests.
        public var allowsEmptyBodies: Bool
        /// The largest request that the receiver accepts.
        public var limits: ParameterLimits
        /// Private keys that a sender may have encrypted to by mistake.
        public var otherKeys: [NamedKey]
        /// The bytes of the secret keys, to find mistakes such as a decoded or trimmed secret key; credentials do not
        /// have them.
        public var secretKeys: [SecretBytes]

        /// Creates a description of a receiver.
        ///
        /// - Parameters:
        ///   - party: The party that receives requests.
        ///   - credentials: The source of the callers' credentials.
        ///   - keyring: The source of the keys; private keys can be missing.
        ///   - endpoints: The endpoints.
        ///   - basePath: The path that all endpoints are below; empty for none.
        ///   - tolerance: The largest accepted difference between the token's time and the receiver's clock.
        ///   - correlationSkew: The largest accepted difference between the correlation id's time and X-KM-Tran-Time.
        ///   - allowsEmptyBodies: Whether requests without a body are accepted at endpoints with plain requests.
        ///   - limits: The largest request that the receiver accepts.
        ///   - otherKeys: Private keys that a sender may have encrypted to by mistake.
        ///   - secretKeys: The bytes of the secret keys.
        public init(
            party: ServerSecurity.Party = .platform,
            credentials: any CredentialSource,
            keyring: any KeyringSource,
            endpoints: EndpointTable = .documented,
            basePath: String = "",
            tolerance: TranTokenVerifier.Tolerance = .standard,
            correlationSkew: ServerSecurity.CorrelationSkew = .seconds(300),
            allowsEmptyBodies: Bool = false,
            limits: ParameterLimits = .standard,
            otherKeys: [NamedKey] = [],
            secretKeys: [SecretBytes] = []
        ) {
            self.party = party
            self.credentials = credentials
            self.keyring = keyring
            self.endpoints = endpoints
            self.basePath = basePath
            self.tolerance = tolerance
            self.correlationSkew = correlationSkew
            self.allowsEmptyBodies = allowsEmptyBodies
            self.limits = limits
            self.otherKeys = otherKeys
            self.secretKeys = secretKeys
        }

        /// The known callers, if the source can list them.
        var callers: [Caller] {
            var source = credentials
            // A live source can hold another one, but not without end.
            for _ in 0..<4 {
                guard let live = source as? LiveCredentials else { break }
                source = live.source
            }
            return (source as? StaticCredentials)?.callers ?? []
        }
    }

    /// What the real receiver decided.
    public enum Decision: Sendable {
        /// The receiver accepted the message.
        case accepted
        /// The receiver rejected the message.
        case rejected(KMError)
        /// The decision is not known; the judge decides by its own steps.
        case unknown
    }

    /// The names of the causes in judgments of requests and responses, without those of ``TokenDiagnosis/causes``.
    ///
    /// If a step has several causes, their names are joined by `+`.
    public static var causes: [String] { CallCause.allCases.map(\.rawValue) }

    let receiver: Receiver

    /// Creates a judge for a receiver.
    public init(_ receiver: Receiver) {
        self.receiver = receiver
    }

    /// Judges a request.
    ///
    /// - Parameters:
    ///   - request: The request as it arrived.
    ///   - endpoint: The endpoint that the receiver chose; nil if its table has none for the method and the path.
    ///   - decision: What the receiver decided, which the verdict and the code follow.
    ///   - earlier: The time at which the receiver saw an equal request first; nil if it did not.
    /// - Returns: The judgment, and the decrypted parameters if there are any. The parameters can contain card numbers,
    ///   the judgment does not.
    public func judge(
        _ request: ReceivedRequest,
        endpoint: Endpoint?,
        decision: Decision = .unknown,
        earlier: Date? = nil
    ) async -> (judgment: Judgment, parameters: [UInt8]?) {
        let endpointStep = EndpointExamination(receiver: receiver, request: request).step(endpoint)
        let size = SizeExamination.step(request.body, receiver.limits)
        // A receiver does not read more of a body that is too large, and nothing else in it has a meaning.
        let isTooLarge = size.outcome == .failed
        var request = request
        if isTooLarge { request.body = [] }

        var callers = CallerExamination(receiver: receiver, request: request)
        let headers = HeaderExamination(
            fields: request.headers,
            kind: receiver.party == .platform ? .request : .callback,
            isSecret: callers.isSecret
        )
        let times = TimeExamination(request.headers)
        var caller = await callers.run()
        if isTooLarge { caller = caller.withoutToken }
        let content = RequestContent(
            receiver: receiver,
            request: request,
            endpoint: endpoint ?? endpointStep.nearest,
            credential: caller.credential,
            candidates: caller.candidates
        )
        let opened = await content.open(isTooLarge: isTooLarge)
        if caller.token.step.cause == CallCause.tokenUnexplained.rawValue, opened.parameters != request.body {
            callers.parameters = opened.parameters
            caller = await callers.run()
        }
        let steps: [JudgedStep] = [
            endpointStep.step,
            size,
            .judged(
                .headers,
                "each header of the platform once, in its form",
                headers.faults(),
                otherwise: "all headers in their forms"
            ),
            times.times(receiver.correlationSkew),
            caller.caller,
            caller.token,
            times.freshness(receiver.tolerance, at: request.date),
            opened.key,
            opened.protection,
            Self.replay(request, earlier),
            opened.decryption,
            opened.parametersStep,
        ]
        let summary = JudgmentSummary(acceptedNote: times.correlationAge(at: request.date))
        let judgment = summary.judgment(
            steps,
            decision: decision,
            warnings: RequestWarnings(content: content, opened: opened, request: request).all()
        )
        return (judgment, opened.parameters)
    }

    private static func replay(_ request: ReceivedRequest, _ earlier: Date?) -> JudgedStep {
        let expected = "a request that the receiver has not accepted before"
        guard let earlier else { return .passed(.replay, expected, "no equal request before") }
        let age = TimeExamination.text(max(0, request.date.timeIntervalSince(earlier)).rounded())
        let fault = Fault(.replayed, "a request with the same token was received \(age) before", .replayed)
        return .judged(.replay, expected, [fault], otherwise: "")
    }
}

extension CallerExamination.Outcome {
    /// This outcome for a body that is too large to be read.
    fileprivate var withoutToken: Self {
        Self(
            caller: caller.outcome == .failed || caller.outcome == .notChecked
                ? caller : .notChecked(.caller, caller.step.expected, "the body was not read"),
            token: .notChecked(.token, token.step.expected, "the body was not read"),
            credential: credential,
            candidates: candidates
        )
    }
}
