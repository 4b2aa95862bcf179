#if Sandbox
import Foundation
import HTTPTypes
import KMJOSE
import KMJSON
import KMPrimitives
import KMSecurity
import KMVectorGeneration
import KMWire

/// Makes the calls of the tests: valid ones, and parts of them to build hostile ones from.
struct CallMaker: Sendable {
    let credentials: CredentialsFile
    private let keyring: CryptoKeyring

    init(_ credentials: CredentialsFile) throws {
        self.credentials = credentials
        keyring = try credentials.keyring()
    }

    /// Returns a fresh stamp, `offset` seconds from now.
    func stamp(_ offset: TimeInterval = 0, zone: TimeZoneCode? = nil) throws -> RequestStamp {
        try RequestStamp(date: Date().addingTimeInterval(offset), timeZone: zone ?? credentials.timeZone)
    }

    /// Returns an encrypted body with the parameters, bound to the stamp's correlation id at field level.
    func body(
        _ level: TestCall.Level,
        _ profile: WireProfile,
        _ stamp: RequestStamp,
        parameters: [UInt8]? = nil,
        key: CredentialsFile.KeyPair? = nil
    ) throws -> [UInt8] {
        let limits = ParameterLimits(maximumBodyByteCount: 64 << 20)
        return try ParameterCipher(keyring: keyring, profile: profile, limits: limits).seal(
            parameters ?? credentials.validParameters,
            level.endpoint.request.protection,
            under: (key ?? credentials.key).id,
            at: Date(),
            correlationID: stamp.correlationID
        )
    }

    /// Returns a call with a body and its token.
    ///
    /// - Parameters:
    ///   - level: The protection.
    ///   - profile: The form of the token.
    ///   - body: The body; nil for a fresh valid one.
    ///   - stamp: The times and the correlation id; nil for fresh ones.
    ///   - signed: The bytes that the token is over; nil for the body.
    ///   - secret: The secret key of the token; nil for the caller's.
    ///   - key: The crypto key; nil for the first one of the credentials.
    /// - Returns: The call.
    /// - Throws: ``KMError`` as ``ParameterCipher``, and `cryptographyUnavailable`.
    func call(
        _ level: TestCall.Level = .message,
        _ profile: WireProfile = .documented,
        body: [UInt8]? = nil,
        stamp: RequestStamp? = nil,
        signed: [UInt8]? = nil,
        secret: SecretBytes? = nil,
        key: CredentialsFile.KeyPair? = nil
    ) throws -> TestCall {
        let stamp = try stamp ?? self.stamp()
        let body = try body ?? self.body(level, profile, stamp, key: key)
        let signer = TranTokenSigner(try SecretKey(secret ?? credentials.secretKey))
        let headers = RequestHeaders(
            aspID: credentials.aspID,
            accessKey: credentials.accessKey,
            cryptoKeyID: (key ?? credentials.key).id,
            token: try signer.sign(signed ?? body, at: stamp),
            stamp: stamp
        )
        return TestCall(level: level, headers: Array(headers.httpFields(profile)), body: body)
    }

    /// Returns the MAC of a body under the caller's secret key, 32 bytes.
    func mac(_ body: [UInt8]) throws -> [UInt8] {
        try HMACSHA256(key: credentials.secretKey).authenticate(body).withBytes { Array(copying: $0) }
    }

    /// Returns a message before encryption, as the profile `documented` has it, with a fresh key and IV.
    func message(_ parameters: [UInt8]? = nil) throws -> JWEDraft {
        JWEDraft(
            header: .message("A256GCM", kid: credentials.key.id.text),
            plaintext: parameters ?? credentials.validParameters,
            key: try contentKey(),
            iv: try SecureRandom.bytes(12)
        )
    }

    /// Returns a fresh content encryption key, encrypted to the server.
    func contentKey(_ enc: String = "A256GCM", to key: RSAPublicKey? = nil) throws -> GeneratedContentKey {
        let bytes = try SecureRandom.bytes(enc == "A256GCM" ? 32 : 16)
        let key = key ?? credentials.key.serverCertificate.unverifiedPublicKey
        return GeneratedContentKey(enc: enc, bytes: bytes, encrypted: try key.encryptOAEP(bytes.span))
    }

    /// Returns a call whose message is a given JWE.
    func call(jwe: String) throws -> TestCall { try call(body: GeneratedMessage.body(jwe)) }

    /// The server's key as the recipient of generated messages.
    var recipient: PublicKeyRecipient {
        PublicKeyRecipient(
            id: credentials.key.id.text,
            key: credentials.key.serverCertificate.unverifiedPublicKey
        )
    }
}
#endif
