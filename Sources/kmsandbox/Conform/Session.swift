#if Sandbox
import AsyncHTTPClient
import HTTPTypes
import KMAsyncHTTPClient
import KMPrimitives
import KMSecurity
import KMVectorGeneration
import KMWire
import NIOCore
import NIOSSL

/// The connection to the server under test, and the replies that later cases compare.
actor Session {
    /// The options of a run.
    struct Options: Sendable {
        var messageURL: BaseURL
        var fieldURL: BaseURL
        /// The file of trusted certificates in PEM; nil for those of the system.
        var trustedCertificates: String?
        var timeout: Duration
        /// The credentials of another caller of the server, if they are given.
        var otherCaller: CredentialsFile?
    }

    /// A valid call that the server answered with status 200.
    struct Exchange: Sendable {
        let name: String
        let call: TestCall
        let profile: WireProfile
        let key: CredentialsFile.KeyPair
        let reply: Reply
    }

    /// A call that the server rejected, or should have.
    struct Rejection: Sendable {
        /// What the replies to a call are compared with.
        enum Kind: Sendable {
            /// A call that the server cannot open: its reply must be the same as all others of this kind.
            case unopened
            /// A call with wrong parameters.
            case parameters
            /// A call that is too large, which HTTP rejects in its own ways.
            case size
        }

        let name: String
        let kind: Kind
        let correlationID: CorrelationID?
        let reply: Reply
    }

    nonisolated let maker: CallMaker
    /// Makes the calls of another caller; nil if its credentials are not given.
    nonisolated let otherMaker: CallMaker?
    nonisolated let options: Options
    nonisolated let transport: AsyncHTTPClientTransport
    private(set) var exchanges: [Exchange] = []
    private(set) var rejections: [Rejection] = []
    private var otherRecipient: PublicKeyRecipient?
    private var caseName = ""

    init(_ credentials: CredentialsFile, _ options: Options) throws {
        maker = try CallMaker(credentials)
        otherMaker = try options.otherCaller.map { other in
            guard other.accessKey != credentials.accessKey, other.key.id != credentials.key.id else {
                throw KMError(
                    .malformedCredentials,
                    "--other-credentials must have another accessKey and another cryptoKeyId than --credentials; give the "
                        + "file of another caller"
                )
            }
            return try CallMaker(other)
        }
        self.options = options
        transport = AsyncHTTPClientTransport(
            configuration: try .conformance(trustedCertificates: options.trustedCertificates)
        )
    }

    /// Begins a case: its name is that of the replies that follow.
    func begin(_ name: String) { caseName = name }

    /// Sends a call on a connection of its own.
    nonisolated func send(_ call: TestCall) async -> Reply {
        let url = call.level == .message ? options.messageURL : options.fieldURL
        var request = HTTPRequest(
            method: call.method,
            scheme: url.scheme,
            authority: url.authority,
            path: url.path + call.path
        )
        for field in call.headers { request.headerFields.append(field) }
        if !call.body.isEmpty { request.headerFields[.contentType] = "application/json" }
        // A kept connection that the server closes at the wrong moment would look like a fault.
        request.headerFields[.connection] = "close"
        do {
            let (head, body) = try await transport.send(
                request,
                call.body,
                limit: 4 << 20,
                deadline: .now + options.timeout
            )
            return .response(head, body: body)
        } catch let error as HTTPTransportError {
            switch error.reason {
            case .notSent: return .notSent(error.detail)
            case .connectionFailed: return .closed(error.detail)
            case .deadlineExceeded: return .timedOut
            }
        } catch is KMError {
            return .tooLarge
        } catch {
            return .closed("\(type(of: error))")
        }
    }

    /// Keeps the reply to a valid call for the cases about responses.
    func keep(_ exchange: Exchange) { exchanges.append(exchange) }

    /// Sends a hostile call, and keeps the reply for the cases about error replies.
    func reject(_ label: String, _ call: TestCall, _ kind: Rejection.Kind = .unopened) async -> Reply {
        let reply = await send(call)
        keep(label, call, reply, kind)
        return reply
    }

    /// Keeps the reply to a hostile call for the cases about error replies.
    func keep(_ label: String, _ call: TestCall, _ reply: Reply, _ kind: Rejection.Kind = .unopened) {
        let name = label.isEmpty ? caseName : "\(caseName) (\(label))"
        rejections.append(Rejection(name: name, kind: kind, correlationID: call.correlationID, reply: reply))
    }

    /// Sends hostile calls one after the other, none of which the server may open.
    func rejects(_ calls: [(label: String, call: TestCall)], _ kind: Rejection.Kind = .unopened) async -> Finding {
        var opened: [String] = []
        var summaries: [String] = []
        for (label, call) in calls {
            let reply = await reject(label, call, kind)
            let text = label.isEmpty ? reply.summary : "\(label): \(reply.summary)"
            if reply.verdict == .opened { opened.append(text) }
            if !summaries.contains(reply.summary) { summaries.append(reply.summary) }
        }
        guard opened.isEmpty else { return .failed(list(opened)) }
        let count = calls.count == 1 ? "" : "\(calls.count) calls: "
        return .passed(count + list(summaries))
    }

    /// Sends one hostile call, which the server may not open.
    func rejects(_ call: TestCall) async -> Finding { await rejects([("", call)]) }

    /// Returns a recipient that is not the server; its key is new in each run.
    func stranger() throws -> PublicKeyRecipient {
        if let otherRecipient { return otherRecipient }
        let key = try RSAPrivateKey.generate().publicKey
        let recipient = PublicKeyRecipient(id: try CryptoKeyID.random().text, key: key)
        otherRecipient = recipient
        return recipient
    }
}

/// Joins findings, and shortens a long list.
func list(_ items: [String]) -> String {
    let shown = items.prefix(6).joined(separator: "; ")
    return items.count > 6 ? "\(shown); and \(items.count - 6) more" : shown
}

extension HTTPClient.Configuration {
    /// The configuration of the tester: enough connections for many copies at once.
    ///
    /// - Parameter trustedCertificates: A file of certificates in PEM that are trusted besides those of the system.
    /// - Returns: The configuration.
    /// - Throws: ``KMError`` `fileUnreadable`, `malformedCertificate`.
    static func conformance(trustedCertificates: String?) throws -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let trustedCertificates {
            let certificates = try certificates(ofFile: trustedCertificates)
            tls.additionalTrustRoots = [.certificates(certificates)]
        }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        configuration.timeout.connect = .seconds(5)
        configuration.httpVersion = .http1Only
        return configuration
    }

    private static func certificates(ofFile path: String) throws -> [NIOSSLCertificate] {
        let bytes = try contents(ofFile: path)
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw KMError(.malformedCertificate, "\(path): the file must have certificates in PEM")
        }
        return certificates
    }
}
#endif
