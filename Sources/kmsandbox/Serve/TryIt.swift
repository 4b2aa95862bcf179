#if Sandbox
import Foundation
import HTTPTypes
import KMDiagnosis
import KMPrimitives
import KMSecurity

/// Makes the documented call as a client would, with a mistake if one is asked for, and sends it to the sandbox.
struct TryIt: Sendable {
    /// A mistake that clients make.
    enum Mistake: String, Codable, CaseIterable {
        case none
        /// The token is made with another secret key.
        case wrongSecret = "wrong-secret"
        /// The parameters were signed before they were encrypted.
        case parametersSigned = "parameters-signed"
        /// The token's time is ten minutes ago.
        case stale
        /// X-KM-Tran-Time has 17 digits.
        case tranTime17 = "tran-time-17"
        /// The correlation id has no hyphen.
        case correlationID = "correlation-id"
        /// The parameters are not encrypted.
        case plain
        /// The parameters are encrypted to the client's own certificate.
        case ownCertificate = "own-certificate"
        /// X-KM-Crypto-Key-Id is in upper case.
        case upperCaseKeyID = "upper-case-key-id"
        /// A byte of the encrypted body was changed.
        case changedByte = "changed-byte"
    }

    /// How the call is made.
    struct Order: Decodable {
        let profile: String?
        let level: RecordedCall.Level?
        let mistake: Mistake?
    }

    let sandbox: Sandbox

    /// Makes and sends a call.
    ///
    /// - Parameters:
    ///   - parameters: One JSON text.
    ///   - order: The profile, the level and the mistake.
    /// - Returns: The call as it was recorded.
    /// - Throws: ``KMError`` if the call cannot be made from these parameters.
    func call(_ parameters: [UInt8], _ order: Order) async throws -> RecordedCall {
        let profile = try profile(order.profile)
        let mistake = order.mistake ?? .none
        let endpoint: Endpoint =
            switch (mistake, order.level ?? .message) {
            case (.plain, _), (_, .plain): Endpoint(Endpoint.waitingPhysicalCards.path, request: .plain)
            case (_, .message): .waitingPhysicalCards
            case (_, .field): .waitingPhysicalCardsByField
            }
        let sealed = try await client(profile, mistake).seal(parameters, for: endpoint)
        var (headers, body) = (sealed.headers, sealed.body)
        try apply(mistake, parameters, profile, &headers, &body)
        headers[.contentType] = "application/json"
        let head = HTTPRequest(
            method: .post,
            scheme: "http",
            authority: "localhost",
            path: Sandbox.basePath + endpoint.path,
            headerFields: headers
        )
        return await sandbox.answer(head, body).call
    }

    private func profile(_ name: String?) throws -> WireProfile {
        guard let name else { return .documented }
        guard let profile = WireProfile.all.first(where: { $0.name == name }) else {
            throw KMError(.requestInvalid, "profile must be documented or gateway")
        }
        return profile
    }

    private func client(_ profile: WireProfile, _ mistake: Mistake) throws -> ClientSecurity {
        let parties = sandbox.parties
        var keyring: any KeyringSource = parties.clientKeyring
        if mistake == .ownCertificate, let pair = parties.primary {
            keyring = try CryptoKeyring(
                primary: CryptoKey(id: pair.id, certificate: pair.clientCertificate, decryptionKey: pair.clientKey)
            )
        }
        let now = Date().addingTimeInterval(mistake == .stale ? -600 : 0)
        return try ClientSecurity(
            party: .serviceProvider(parties.accessKey),
            aspID: parties.aspID,
            secretKey: mistake == .wrongSecret ? SecretKey(SecretBytes(randomCount: 32)) : parties.secretKey,
            keyring: keyring,
            configuration: .init(timeZone: parties.timeZone, profile: profile),
            clock: { now }
        )
    }

    private func apply(
        _ mistake: Mistake,
        _ parameters: [UInt8],
        _ profile: WireProfile,
        _ headers: inout HTTPFields,
        _ body: inout [UInt8]
    ) throws {
        switch mistake {
        case .none, .wrongSecret, .stale, .plain, .ownCertificate: break
        case .parametersSigned:
            let (time, zone) = (try TranToken(headers[.kmTranToken] ?? "").timeDigits, sandbox.parties.timeZone)
            let signer = TranTokenSigner(sandbox.parties.secretKey)
            let token = try signer.sign(parameters, at: RequestStamp(timeDigits: time, timeZone: zone))
            headers[.kmTranToken] = token.text(profile)
        case .tranTime17: headers[.kmTranTime]? += "000"
        case .correlationID: headers[.kmCorrelationID]?.removeAll { $0 == "-" }
        case .upperCaseKeyID: headers[.kmCryptoKeyID] = headers[.kmCryptoKeyID]?.uppercased()
        case .changedByte:
            let index = body.count / 2
            body[index] = body[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        }
    }
}
#endif
