import Foundation
import HTTPTypes
import KMSecurity

/// The Swift blocks of FromNodeJOSE and FromClientEncryption that no other article has, exact but for their indentation.
enum MigrationSnippets {
    struct OtherCertificate: Error {}

    static func call(
        _ client: ClientSecurity,
        _ parameters: [UInt8],
        send: (SealedRequest) async throws -> (Int, HTTPFields, [UInt8])
    ) async throws -> [UInt8] {
        let request = try await client.seal(parameters, for: .waitingPhysicalCards)
        let (status, fields, body) = try await send(request)
        guard status == 200 else { throw try PlatformError(parsing: body) }
        let response = try await client.open(fields, body, answering: request)
        return response.parameters
    }

    static func signed(
        _ parameters: [UInt8],
        _ keyring: CryptoKeyring,
        _ keyID: CryptoKeyID,
        _ secretKey: SecretKey
    ) throws -> (body: [UInt8], token: String) {
        let cipher = try ParameterCipher(keyring: keyring)
        let body = try cipher.seal(parameters, .message, under: keyID, at: .now)
        let stamp = try RequestStamp(date: .now, timeZone: .kst)
        let token = try TranTokenSigner(secretKey).sign(body, at: stamp).text(.gateway)
        return (body, token)
    }

    static func verified(
        _ raw: [UInt8],
        _ value: String,
        _ cipher: ParameterCipher,
        _ keyID: CryptoKeyID,
        _ secretKey: SecretKey
    ) throws -> [UInt8] {
        let token = try TranToken(value)
        try TranTokenVerifier(secretKey).verify(token, body: raw, timeZone: .kst, at: .now)
        let parameters = try cipher.open(raw, .message, under: keyID)
        return parameters
    }

    static func compared(certificatePath: String, expected: String) throws -> Certificate {
        let certificate = try Certificate(contentsOfFile: certificatePath)
        let fingerprint = certificate.fingerprint.map { String(format: "%02x", $0) }.joined()
        guard fingerprint == expected else { throw OtherCertificate() }
        return certificate
    }

    static func chosen(
        _ oldKey: CryptoKey,
        _ newKey: CryptoKey,
        _ parameters: [UInt8]
    ) throws -> (keyring: CryptoKeyring, body: [UInt8]) {
        let keyring = try CryptoKeyring([oldKey, newKey], primary: newKey.id)
        let cipher = try ParameterCipher(keyring: keyring)
        let body = try cipher.seal(parameters, .message, under: oldKey.id, at: .now)
        return (keyring, body)
    }
}
