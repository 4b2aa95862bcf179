internal import KMPrimitives

/// Finds the credentials whose secret key made a token, in a time that does not reveal how many secret keys a caller
/// has.
///
/// Rejecting a token costs ``Credential/maximumCountPerCaller`` MACs over the body for every caller: one for each
/// secret key, and the rest under a random key that nobody knows. Secret keys in devices are not hidden in this way.
/// Accepting a token costs one MAC for each secret key.
/// This reveals nothing new, because the sender of that token already has a secret key of the caller.
package struct CandidateCheck: Sendable {
    private let nobodysKey: HMACSHA256

    /// Creates a check with a random key that nobody knows.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    package init() throws {
        nobodysKey = try HMACSHA256(key: SecretBytes(randomCount: SecretKey.recommendedByteCount))
    }

    /// Tries every candidate, so that the time does not reveal which one matches.
    ///
    /// It suspends only for secret keys that are elsewhere. Their number is not hidden: MACs that nobody needs would use
    /// up what the device can do.
    ///
    /// - Parameters:
    ///   - candidates: The credentials of a caller.
    ///   - token: The token of a request.
    ///   - body: The body of the request.
    ///   - onMatch: The closure to call for each candidate whose secret key made the token, in order.
    /// - Returns: The number of MACs computed.
    /// - Throws: ``KMError`` `configurationInvalid` if there are too many candidates; `cryptographyUnavailable`;
    ///   the errors of devices.
    @discardableResult
    nonisolated(nonsending) package func check(
        _ candidates: [Credential],
        _ token: TranToken,
        body: [UInt8],
        onMatch: (Credential) -> Void
    ) async throws -> Int {
        guard candidates.count <= Credential.maximumCountPerCaller else {
            throw KMError(
                .configurationInvalid,
                "the credential source must return at most \(Credential.maximumCountPerCaller) credentials for a "
                    + "caller; got \(candidates.count). Remove those that have expired, or give the provider another "
                    + "access key"
            )
        }
        var macCount = 0
        var hasMatch = false
        for candidate in candidates {
            macCount += 1
            guard try await candidate.secretKey.authenticate(body) == token.mac else { continue }
            hasMatch = true
            onMatch(candidate)
        }
        guard !hasMatch else { return macCount }
        while macCount < Credential.maximumCountPerCaller {
            macCount += 1
            _ = try nobodysKey.isValid(token.mac, for: body.span)
        }
        return macCount
    }
}
