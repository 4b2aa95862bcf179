public import HTTPTypes
internal import KMPrimitives

/// What goes back to the peer, whatever becomes of a request.
extension ServerSecurity {
    /// The response to a request: it is opened, `answer` is asked, and what it gives is sealed.
    ///
    /// Each of the two decisions is told to the server's logger, as "request" and "answer".
    ///
    /// - Parameters:
    ///   - headers: all fields of the request.
    ///   - body: its bytes as received, before anything has parsed or re-encoded them.
    ///   - policy: what is due, and what is done to the answer; whole messages unless told otherwise.
    ///   - isolation: the actor that `answer` runs on: the caller's.
    ///   - answer: called at most once, for a request that was honoured. It returns the parameters of a success, one JSON
    ///     text, or throws a ``PlatformResult`` to refuse, e.g. ``PlatformResult/notFoundIssuedCards``.
    /// - Returns: headers and body to send as they are: status 200 with the answer; 400 with what `answer` refused with, or
    ///   with `000_002` for a request that does not open, whatever was wrong with it; 500 and no body for what is no fault
    ///   of the request, in opening it or in `answer`, and for an answer that cannot be sealed.
    public func respond(
        to headers: HTTPFields,
        _ body: [UInt8],
        policy: EndpointPolicy = EndpointPolicy(.message),
        isolation: isolated (any Actor)? = #isolation,
        _ answer: (OpenedCall) async throws -> [UInt8]
    ) async -> SealedResponse {
        do {
            let call = try await open(headers, body, policy: policy)
            return await respond(to: headers, call, policy, answer)
        } catch {
            return publicResponse(to: error, answering: headers)
        }
    }

    /// The response to a callback; see ``respond(to:_:policy:isolation:_:)`` and ``openCallback(_:_:policy:)``.
    public func respondToCallback(
        _ headers: HTTPFields,
        _ body: [UInt8],
        policy: EndpointPolicy = EndpointPolicy(.message),
        isolation: isolated (any Actor)? = #isolation,
        _ answer: (OpenedCall) async throws -> [UInt8]
    ) async -> SealedResponse {
        do {
            let call = try await openCallback(headers, body, policy: policy)
            return await respond(to: headers, call, policy, answer)
        } catch {
            return publicResponse(to: error, answering: headers)
        }
    }

    private func respond(
        to headers: HTTPFields,
        _ call: OpenedCall,
        _ policy: EndpointPolicy,
        isolation: isolated (any Actor)? = #isolation,
        _ answer: (OpenedCall) async throws -> [UInt8]
    ) async -> SealedResponse {
        do {
            return try await log.decision(.answer, headers) { known in
                known.credentialName = call.credentialName
                return try seal(await answer(call), answering: call, policy: policy)
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

    /// What the peer is told of an error of ``open(_:_:protection:)`` and its like, and no more: the platform's code for
    /// invalid input, the same for whatever was wrong with the headers, the token or the encryption, so that nobody learns
    /// from it how far a forgery came.
    ///
    /// - Parameters:
    ///   - error: what was thrown. Log it; do not send it.
    ///   - headers: the request's fields; a correlation id of the right form is echoed.
    /// - Returns: status 400 with `000_002` for a refusal. Status 500 and no body for what is no fault of the request: a
    ///   credential source or replay guard that failed or is full, an OpenSSL without memory. Call it for what `open` threw
    ///   alone: where sealing an answer fails, the request was honoured, and 400 would be wrong.
    ///   ``respond(to:_:policy:isolation:_:)`` keeps the two apart by itself.
    public func publicResponse(to error: any Error, answering headers: HTTPFields) -> SealedResponse {
        let isOurs = (error as? KMError).map { !$0.isPeerFault } ?? true
        return isOurs ? failed(answering: headers) : refuse(.invalidInputParameter, answering: headers)
    }

    /// Status 500 and no body.
    private func failed(answering headers: HTTPFields) -> SealedResponse {
        SealedResponse(.internalServerError, try? headers.required(CorrelationID.self), nil, [])
    }
}
