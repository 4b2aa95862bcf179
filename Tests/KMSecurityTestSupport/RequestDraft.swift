package import HTTPTypes
package import KMSecurity

/// The parts of a request, which tests can set independently of each other.
package struct RequestDraft: Sendable {
    package var secretKey: SecretKey
    package var body: [UInt8]
    package var aspID: String?
    package var accessKey: String?
    package var cryptoKeyID: String?
    package var correlationID: String? = "270305123456-0a1b2c3"
    /// The token's time, as 17 digits.
    package var tokenTime = "20270305123456789"
    package var tranTime: String? = "20270305123456"
    package var timeZone: String? = "UTC"
    package var profile = WireProfile.documented

    /// Sets the time, `yyyyMMddHHmmssSSS`, in all three headers that contain it.
    package mutating func setTime(_ digits: String) {
        tokenTime = digits
        tranTime = String(digits.prefix(14))
        correlationID = "\(digits.prefix(14).dropFirst(2))-0a1b2c3"
    }

    package func token() throws -> String {
        let stamp = try RequestStamp(timeDigits: tokenTime, timeZone: .utc)
        return try TranTokenSigner(secretKey).sign(body, at: stamp).text(profile)
    }

    package func fields() throws -> HTTPFields {
        var fields = HTTPFields()
        fields[.kmUserAspID] = aspID
        fields[.kmCorrelationID] = correlationID
        fields[.kmAccessKey] = accessKey
        fields[.kmCryptoKeyID] = cryptoKeyID
        fields[.kmTranToken] = try token()
        fields[.kmTranTime] = tranTime
        fields[.kmTimeZone] = timeZone
        return fields
    }
}

extension ServerSecurity {
    package func open(_ draft: RequestDraft, protection: Protection = .none) async throws -> OpenedRequest {
        try await open(draft.fields(), draft.body, protection: protection)
    }

    package func open(_ request: SealedRequest, protection: Protection = .message) async throws -> OpenedRequest {
        try await open(request.headers, request.body, protection: protection)
    }

    /// Returns the code with which the server rejects a request, or nil if it accepts the request.
    package func rejection(_ draft: RequestDraft, protection: Protection = .none) async throws -> KMError.Code? {
        do {
            _ = try await open(draft, protection: protection)
            return nil
        } catch let error as KMError {
            return error.code
        }
    }
}
