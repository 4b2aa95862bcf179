import Foundation
import HTTPTypes
import KMSecurity

/// Runs the documented call with client and server in one process, then five requests that the server rejects.
struct Demo {
    private let parties: DemoParties
    private let profile: WireProfile

    init(profile: WireProfile) throws {
        self.profile = profile
        parties = try DemoParties(profile: profile)
    }

    /// Runs the demo.
    ///
    /// - Returns: Everything that was sent and received.
    /// - Throws: ``KMError`` `demoFailed` if parameters arrive changed or the server accepts a request that it must
    ///   reject.
    func run() async throws -> DemoReport {
        let whole = try await exchange(.waitingPhysicalCards)
        let byField = try await exchange(.waitingPhysicalCardsByField)
        return DemoReport(
            profile: profile.name,
            request: whole.request,
            response: whole.response,
            rejections: try await rejections(whole.sealed),
            fieldRequest: byField.request,
            fieldResponse: byField.response
        )
    }

    private typealias Exchange = (request: DemoReport.Message, response: DemoReport.Message, sealed: SealedRequest)

    private func exchange(_ endpoint: Endpoint) async throws -> Exchange {
        let client = try parties.client()
        let request = try await client.seal(DemoParties.requestParameters, for: endpoint)
        let call = try await parties.server.open(request.headers, request.body, for: endpoint)
        let answer = try parties.answer(call.parameters)
        let reply = try parties.server.seal(answer, answering: call)
        let response = try await client.open(reply.headers, reply.body, answering: request)
        guard call.parameters == DemoParties.requestParameters, response.parameters == answer else {
            throw KMError(.demoFailed, "the parameters arrived changed")
        }
        return (
            message(DemoParties.requestParameters, request.headers, request.body, call.parameters),
            message(answer, reply.headers, reply.body, response.parameters),
            request
        )
    }

    private func message(
        _ parameters: [UInt8],
        _ headers: HTTPFields,
        _ body: [UInt8],
        _ received: [UInt8]
    ) -> DemoReport.Message {
        DemoReport.Message(
            parameters: String(decoding: parameters, as: UTF8.self),
            headers: headers.dictionary,
            body: String(decoding: body, as: UTF8.self),
            received: String(decoding: received, as: UTF8.self)
        )
    }

    private func rejections(_ request: SealedRequest) async throws -> [DemoReport.Rejection] {
        let parameters = DemoParties.requestParameters
        let late = try await parties.client(clock: { Date(timeIntervalSinceNow: -600) }).seal(
            parameters,
            for: .waitingPhysicalCards
        )
        let unknown = try await parties.client(keyID: CryptoKeyID.random()).seal(parameters, for: .waitingPhysicalCards)
        // Only an insider, or a fault on the sender's side, can change the ciphertext and sign it again.
        let forged = changed(request.body)
        let stamp = try RequestStamp(timeDigits: request.requestHeaders.token.timeDigits, timeZone: .kst)
        var forgedHeaders = request.headers
        forgedHeaders[.kmTranToken] = try TranTokenSigner(parties.secretKey).sign(forged, at: stamp).text(profile)
        return [
            try await rejection("the same request again", request.headers, request.body, .replayed),
            try await rejection("a changed body", request.headers, changed(request.body), .tokenMismatch),
            try await rejection("a token that is ten minutes old", late.headers, late.body, .tokenStale),
            try await rejection("an unknown key id", unknown.headers, unknown.body, .keyUnknown),
            try await rejection("a changed ciphertext, signed again", forgedHeaders, forged, .authenticationFailed),
        ]
    }

    /// Returns `body` with one character of its ciphertext changed.
    private func changed(_ body: [UInt8]) -> [UInt8] {
        var body = body
        let place = body.count - 40
        body[place] = body[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        return body
    }

    private func rejection(
        _ attempt: String,
        _ headers: HTTPFields,
        _ body: [UInt8],
        _ expected: KMError.Code
    ) async throws -> DemoReport.Rejection {
        do {
            _ = try await parties.server.open(headers, body, for: .waitingPhysicalCards)
        } catch let error as KMError where error.code == expected {
            let reply = parties.server.publicResponse(to: error, answering: headers)
            return DemoReport.Rejection(
                attempt: attempt,
                code: error.code.description,
                detail: error.detail,
                reply: String(decoding: reply.body, as: UTF8.self)
            )
        }
        throw KMError(.demoFailed, "the server accepted \(attempt); it must reject it")
    }
}

extension KMError.Code {
    /// The demo did not have the expected result.
    static let demoFailed = Self("demoFailed")
}
