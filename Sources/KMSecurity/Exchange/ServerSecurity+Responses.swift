public import HTTPTypes
internal import KMPrimitives

extension ServerSecurity {
    /// Answers a request: opens it, calls `answer`, and seals what it returns.
    ///
    /// The logger receives both decisions, as "request" and "answer".
    ///
    /// - Parameters:
    ///   - headers: All header fields of the request.
    ///   - body: The body's bytes as received, before anything has parsed or re-encoded them.
    ///   - endpoint: The endpoint that it was sent to.
    ///   - isolation: The actor on which `answer` runs: the caller's.
    ///   - answer: The handler, called at most once, for an accepted request. It returns the parameters of a success, one JSON
    ///     text, or throws a ``PlatformResult`` to reject the call, such as ``PlatformResult/notFoundIssuedCards``.
    /// - Returns: The response to send: HTTP status 200 with the answer; 400 with the result that `answer` threw, or with
    ///   `000_002` for a request that cannot be opened; 500 without a body if something failed on the server's own side.
    public func respond(
        to headers: HTTPFields,
        _ body: [UInt8],
        for endpoint: Endpoint,
        isolation: isolated (any Actor)? = #isolation,
        _ answer: (OpenedRequest) async throws -> [UInt8]
    ) async -> SealedResponse {
        let request: OpenedRequest
        do {
            request = try await open(headers, body, for: endpoint)
        } catch {
            return publicResponse(to: error, answering: headers)
        }
        do {
            return try await log.decision(.answer, headers) { known in
                known.credentialName = request.credentialName
                return try seal(await answer(request), answering: request)
            }
        } catch let result as PlatformResult where result.isRefusal {
            return refuse(result, answering: headers)
        } catch let error as KMError where error.code == .parametersInvalid {
            return refuse(.invalidInputParameter, answering: headers)
        } catch {
            return failed(answering: headers)
        }
    }

    /// The error reply to a request; it is not encrypted.
    ///
    /// - Parameters:
    ///   - result: what to say, e.g. ``PlatformResult/notFoundIssuedCards``.
    ///   - headers: the request's fields; a correlation id of the right form is echoed.
    /// - Returns: status 400, headers and body to send as they are.
    public func refuse(_ result: PlatformResult, answering headers: HTTPFields) -> SealedResponse {
        SealedResponse(.badRequest, try? headers.required(CorrelationID.self), nil, result.body)
    }

    /// What the peer is told of an error of ``open(_:_:for:)``, and no more: the platform's code for
    /// invalid input, the same for whatever was wrong with the headers, the token or the encryption, so that nobody learns
    /// from it how far a forgery came.
    ///
    /// - Parameters:
    ///   - error: what was thrown. Log it; do not send it.
    ///   - headers: the request's fields; a correlation id of the right form is echoed.
    /// - Returns: status 400 with `000_002` for a refusal. Status 500 and no body for what is no fault of the request: a
    ///   credential source or replay guard that failed or is full, an OpenSSL without memory. Call it for what `open` threw
    ///   alone: where sealing an answer fails, the request was honoured, and 400 would be wrong.
    ///   ``respond(to:_:for:isolation:_:)`` keeps the two apart by itself.
    public func publicResponse(to error: any Error, answering headers: HTTPFields) -> SealedResponse {
        let isOurs = (error as? KMError).map { !$0.isPeerFault } ?? true
        return isOurs ? failed(answering: headers) : refuse(.invalidInputParameter, answering: headers)
    }

    /// Status 500 and no body.
    private func failed(answering headers: HTTPFields) -> SealedResponse {
        SealedResponse(.internalServerError, try? headers.required(CorrelationID.self), nil, [])
    }
}
