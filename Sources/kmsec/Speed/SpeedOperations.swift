import Foundation
import KMJOSE
import KMSecurity

/// What `kmsec speed` measures.
struct SpeedOperations {
    static let names = ["message-encrypt", "message-decrypt", "token-sign", "token-verify"]

    private let cipher: ParameterCipher
    private let id: CryptoKeyID
    private let secretKey: SecretKey
    private let message: Floor
    private let token: Floor
    private let parameters = DemoParties.requestParameters
    private let body = [UInt8](repeating: UInt8(ascii: "x"), count: 600)

    init() throws {
        let pair = try RSAPrivateKey.generate()
        let secret = try SecretBytes(randomCount: 32)
        id = try CryptoKeyID.random()
        secretKey = try SecretKey(secret)
        let key = try CryptoKey(id: id, encryptionKey: pair.publicKey, decryptionKey: pair, issuedAt: .now)
        cipher = try ParameterCipher(keyring: CryptoKeyring(key))
        let header = Base64.url.encode(JWEHeader(encryption: .a256GCM, keyID: id.text).json)
        message = try Floor(
            key: pair,
            secret: secret,
            encodedHeader: header,
            contentKeyByteCount: 32,
            body: parameters
        )
        token = try Floor(key: pair, secret: secret, encodedHeader: header, contentKeyByteCount: 32, body: body)
    }

    func measure(_ name: String, seconds: Double) throws -> SpeedMeasurement {
        var sink = 0
        let now = Date.now
        let measurement: SpeedMeasurement
        switch name {
        case "message-encrypt":
            measurement = try SpeedMeasurement(name, seconds: seconds) {
                try SpeedMeasurement.timed($0) { sink += try cipher.encrypt(parameters, under: id, at: now).count }
            } floor: {
                try message.encrypt($0)
            }
        case "message-decrypt":
            let encrypted = try cipher.encrypt(parameters, under: id, at: now)
            _ = try message.encrypt(1)
            measurement = try SpeedMeasurement(name, seconds: seconds) {
                try SpeedMeasurement.timed($0) { sink += try cipher.decrypt(encrypted, under: id).count }
            } floor: {
                try message.decrypt($0)
            }
        case "token-sign":
            let signer = TranTokenSigner(secretKey)
            let stamp = try RequestStamp(date: now, timeZone: .kst)
            measurement = try SpeedMeasurement(name, seconds: seconds) {
                try SpeedMeasurement.timed($0) { sink += try signer.sign(body, at: stamp).text().utf8.count }
            } floor: {
                try token.sign($0)
            }
        default:
            let verifier = TranTokenVerifier(secretKey)
            let text = try TranTokenSigner(secretKey).sign(body, at: RequestStamp(date: now, timeZone: .kst)).text()
            measurement = try SpeedMeasurement(name, seconds: seconds) {
                try SpeedMeasurement.timed($0) {
                    try verifier.verify(TranToken(text), body: body, timeZone: .kst, at: now)
                    sink += 1
                }
            } floor: {
                try token.sign($0)
            }
        }
        guard sink > 0 else { throw KMError(.cryptographyUnavailable, "nothing was measured") }
        return measurement
    }
}
