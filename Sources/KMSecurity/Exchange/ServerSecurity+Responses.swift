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
    ///   - answer: The handler, called at most once, for an accepted request. It returns the parameters of a success,
    ///     one JSON text, or throws a ``PlatformError`` to reject the call, such as
    ///     ``PlatformError/notFoundIssuedCards``.
    /// - Returns: The response to send: HTTP status 200 with the answer; 400 with the error that `answer` threw, or
    ///   with `000_002` for a request that cannot be opened; 500 without a body if something failed on the server's own
    ///   side.
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
            return try await observer.decision(.answer, headers) { known in
                known.credentialName = request.credentialName
                return try seal(await answer(request), answering: request)
            }
        } catch let error as PlatformError {
            return reject(error, answering: headers)
        } catch let error as KMError where error.code == .parametersInvalid {
            return reject(.invalidInputParameter, answering: headers)
        } catch {
            return failed(answering: headers)
        }
    }

    /// Makes the error reply to a request.
    ///
    /// It is not encrypted.
    ///
    /// - Parameters:
    ///   - error: The reason, such as ``PlatformError/notFoundIssuedCards``.
    ///   - headers: The request's header fields; a well-formed correlation id is echoed.
    /// - Returns: HTTP status 400, the headers and the body to send.
    public func reject(_ error: PlatformError, answering headers: HTTPFields) -> SealedResponse {
        SealedResponse(.badRequest, try? headers.required(CorrelationID.self), nil, error.result.body)
    }

    /// Makes the reply to a request that ``open(_:_:for:)`` rejected.
    ///
    /// It is the same whatever was wrong with the headers, the token or the encryption, so that an attacker cannot
    /// learn how far a forgery came. Log the error, and do not send it. Do not call this method for other errors: if an
    /// answer cannot be sealed, the request was accepted, and status 400 would be wrong.
    /// ``respond(to:_:for:isolation:_:)`` distinguishes the two by itself.
    ///
    /// - Parameters:
    ///   - error: The error that `open` threw.
    ///   - headers: The request's header fields; a well-formed correlation id is echoed.
    /// - Returns: HTTP status 400 with `000_002` if the request was at fault. Status 500 without a body if it was not,
    ///   for example because a credential source or replay guard failed, or because the replay guard is full.
    public func publicResponse(to error: any Error, answering headers: HTTPFields) -> SealedResponse {
        let isOurs = (error as? KMError).map { !$0.isPeerFault } ?? true
        return isOurs ? failed(answering: headers) : reject(.invalidInputParameter, answering: headers)
    }

    /// HTTP status 500 without a body.
    private func failed(answering headers: HTTPFields) -> SealedResponse {
        SealedResponse(.internalServerError, try? headers.required(CorrelationID.self), nil, [])
    }
}
